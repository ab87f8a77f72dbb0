import type { ReactNode } from "react";
import { Check, Copy } from "../icons.ts";

export interface CopyChipProps {
  value: string;
  /** What the value is, for people who hear the page: "commit", "image digest". */
  label?: string | undefined;
  display?: ReactNode;
  /** Show only the first characters; the whole value is copied and shown on hover. */
  short?: number | undefined;
}

/** A value to copy with one press. The press is handled by the runtime, so a chip costs no script of its own. */
export function CopyChip({ value, label = "value", display, short }: CopyChipProps): ReactNode {
  const shown = display ?? (short === undefined || value.length <= short ? value : `${value.slice(0, short)}…`);
  return (
    <button
      type="button"
      data-hp-copy={value}
      title={`Copy ${label}: ${value}`}
      className="hp-copy inline-flex max-w-full min-w-0 cursor-pointer items-center gap-1.5 rounded-sm border border-line bg-sunken px-1.5 py-0.5 font-mono text-xs text-soft hover:bg-hover hover:text-ink pointer-coarse:min-h-7"
    >
      <span className="truncate">{shown}</span>
      <span className="sr-only">, copy {label}</span>
      <Copy aria-hidden className="hp-copy-idle size-3 shrink-0" />
      <Check aria-hidden className="hp-copy-done size-3 shrink-0 text-success" />
    </button>
  );
}
