import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { CircleAlert, RefreshCw } from "../icons.ts";
import { LinkButton } from "./button.tsx";
import { CopyChip } from "./copy-chip.tsx";

export interface ErrorStateProps {
  /** What failed, as a sentence. */
  title: string;
  detail?: ReactNode;
  requestId?: string | undefined;
  code?: string | undefined;
  retryHref?: string | undefined;
  actions?: ReactNode;
  /** `false` inside a card. */
  framed?: boolean | undefined;
}

/** In place of something that could not be shown: what failed, how to name it to whoever can help, and a way on. */
export function ErrorState({
  title,
  detail,
  requestId,
  code,
  retryHref,
  actions,
  framed = true,
}: ErrorStateProps): ReactNode {
  return (
    <div
      role="alert"
      data-hp-error={requestId ?? ""}
      className={classNames(
        "grid grid-cols-1 justify-items-start gap-3",
        framed && "rounded-lg border border-line bg-surface p-5 shadow-card",
      )}
    >
      <div className="flex items-start gap-2.5">
        <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-danger" />
        <div className="grid gap-1">
          <p data-hp-error-title="" className="text-lg font-semibold wrap-anywhere">
            {title}
          </p>
          {detail === undefined ? null : (
            <div data-hp-error-detail="" className="text-soft wrap-anywhere">
              {detail}
            </div>
          )}
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-2.5 ps-7.5 text-sm text-faint">
        {code === undefined ? null : <code>{code}</code>}
        {requestId === undefined ? null : (
          <span className="inline-flex flex-wrap items-center gap-1.5">
            Request <CopyChip value={requestId} label="request id" />
          </span>
        )}
      </div>
      <div className="flex flex-wrap gap-2 ps-7.5 empty:hidden">
        {retryHref === undefined ? null : (
          <LinkButton href={retryHref} size="sm" icon={<RefreshCw aria-hidden />}>
            Try again
          </LinkButton>
        )}
        {actions}
      </div>
    </div>
  );
}
