import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { Check, Copy } from "../icons.ts";

/** One command, ready to paste into a terminal. */
export function CommandLine({
  command,
  label = "command",
}: {
  command: string;
  label?: string | undefined;
}): ReactNode {
  return (
    <div className="flex max-w-full min-w-0 items-center gap-2 self-start rounded-md border border-line bg-sunken py-1 ps-3 pe-1 font-mono text-sm">
      <span aria-hidden className="text-faint select-none">
        $
      </span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <code tabIndex={0} className="min-w-0 flex-1 overflow-x-auto py-1 whitespace-nowrap text-ink">
        {command}
      </code>
      <CopyButton value={command} label={label} />
    </div>
  );
}

export function CodeBlock(props: { code: string; label?: string | undefined; wrap?: boolean | undefined }): ReactNode {
  const { code, label = "code", wrap = false } = props;
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        className={classNames(
          "overflow-x-auto p-3 pe-12 font-mono text-sm text-ink",
          wrap && "whitespace-pre-wrap wrap-anywhere",
        )}
      >
        <code>{code}</code>
      </pre>
      <div className="absolute end-1 top-1">
        <CopyButton value={code} label={label} />
      </div>
    </div>
  );
}

function CopyButton({ value, label }: { value: string; label: string }): ReactNode {
  return (
    <button
      type="button"
      data-hp-copy={value}
      aria-label={`Copy ${label}`}
      className="hp-copy grid size-8 shrink-0 cursor-pointer place-items-center rounded-sm text-soft hover:bg-hover hover:text-ink"
    >
      <Copy aria-hidden className="hp-copy-idle size-4" />
      <Check aria-hidden className="hp-copy-done size-4 text-success" />
    </button>
  );
}
