import type { ReactNode } from "react";
import { Check, Copy } from "../icons.ts";
import { Alert } from "./alert.tsx";
import { buttonLook } from "./button-look.ts";

export interface OneTimeSecretProps {
  /** Says what it is, and that it has to be copied now. */
  title: string;
  /** One value or several lines. It is in this one answer, so the page must not be one that a reload shows again. */
  value: string;
  /** What the value is, for people who hear the page: "API token". */
  label: string;
  /** What to do with it. */
  children?: ReactNode;
}

/** Something that is shown once: whole, large enough to be read, with a button that copies it. */
export function OneTimeSecret({ title, value, label, children }: OneTimeSecretProps): ReactNode {
  return (
    <Alert tone="warning" title={title}>
      {children}
      <div className="mt-1.5 flex flex-col gap-2.5 rounded-md border border-line bg-surface p-3 text-ink sm:flex-row sm:items-start sm:justify-between">
        <pre className="min-w-0 self-center font-mono text-sm whitespace-pre-wrap wrap-anywhere">{value}</pre>
        <button
          type="button"
          data-hp-copy={value}
          className={`hp-copy shrink-0 self-start ${buttonLook("primary", "md", false)}`}
        >
          <Copy aria-hidden className="hp-copy-idle" />
          <Check aria-hidden className="hp-copy-done" />
          Copy<span className="sr-only"> {label}</span>
        </button>
      </div>
    </Alert>
  );
}
