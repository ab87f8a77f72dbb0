import { type ReactNode, use } from "react";
import { classNames } from "../class-names.ts";
import { HeadingLevelContext } from "./heading-level.ts";
import { TONE_DOT, type Tone } from "./tone.ts";

export interface CardProps {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  /** Makes the whole card one link, named by its title. */
  href?: string | undefined;
  /** A coloured edge at the start, for a card that reports a state. */
  tone?: Tone | undefined;
  padded?: boolean | undefined;
  children?: ReactNode;
}

export function Card({
  title,
  description,
  actions,
  footer,
  href,
  tone,
  padded = true,
  children,
}: CardProps): ReactNode {
  const Heading = use(HeadingLevelContext);
  return (
    <div
      className={classNames(
        "relative flex min-w-0 flex-col rounded-lg border border-line bg-surface shadow-card",
        href !== undefined && "transition-colors focus-within:border-accent hover:border-edge",
      )}
    >
      {tone === undefined ? null : (
        <span aria-hidden className="pointer-events-none absolute inset-0 overflow-hidden rounded-lg">
          <span className={classNames("absolute inset-y-0 start-0 w-1", TONE_DOT[tone])} />
        </span>
      )}
      {title === undefined ? null : (
        <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-5 pt-4.5">
          <div className="min-w-0">
            <Heading className="text-lg font-semibold wrap-anywhere">
              {href === undefined ? (
                title
              ) : (
                <a href={href} className="rounded-sm after:absolute after:inset-0">
                  {title}
                </a>
              )}
            </Heading>
            {description === undefined ? null : <div className="mt-0.5 text-soft wrap-anywhere">{description}</div>}
          </div>
          {actions === undefined ? null : <div className="relative flex flex-wrap gap-2">{actions}</div>}
        </div>
      )}
      <div className={classNames("min-w-0 flex-1", padded && (title === undefined ? "p-5" : "px-5 pt-3.5 pb-5"))}>
        {children}
      </div>
      {footer === undefined ? null : (
        <div className="rounded-b-lg border-t border-line bg-canvas px-5 py-3 text-sm text-soft">{footer}</div>
      )}
    </div>
  );
}

/** Cards side by side: one column on a phone, up to three on a wide screen. */
export function CardGrid({ children }: { children: ReactNode }): ReactNode {
  return <div className="grid grid-cols-1 gap-4 sm:grid-cols-2 xl:grid-cols-3">{children}</div>;
}
