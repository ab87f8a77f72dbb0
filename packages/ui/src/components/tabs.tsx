import { type ReactNode, useId } from "react";
import { classNames } from "../class-names.ts";
import { Reason } from "./reason.tsx";

export interface TabItem {
  href: string;
  label: string;
  current?: boolean | undefined;
  count?: number | undefined;
  disabledReason?: string | undefined;
}

/** Pages of one thing, as links: each has its URL, so Back and bookmarks work. */
export function Tabs({ label, items }: { label: string; items: readonly TabItem[] }): ReactNode {
  return (
    <nav aria-label={label} className="hp-tabs mb-5 overflow-x-auto border-b border-line">
      <ul className="flex min-w-max gap-1">
        {items.map((item) => (
          <li key={item.href}>
            <Tab item={item} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

const TAB = "-mb-px inline-flex h-10 items-center gap-1.5 border-b-2 px-3 font-medium whitespace-nowrap";

function Tab({ item }: { item: TabItem }): ReactNode {
  const hintId = useId();
  if (item.disabledReason !== undefined) {
    return (
      <Reason id={hintId} reason={item.disabledReason}>
        {/* biome-ignore lint/a11y/useValidAnchor: a link without href, marked disabled, is how ARIA writes a disabled link. */}
        <a
          role="link"
          aria-disabled="true"
          tabIndex={0}
          aria-describedby={hintId}
          className={classNames(TAB, "border-transparent text-faint")}
        >
          {item.label}
        </a>
      </Reason>
    );
  }
  const current = item.current === true;
  return (
    <a
      href={item.href}
      aria-current={current ? "page" : undefined}
      className={classNames(
        TAB,
        current ? "border-accent text-ink" : "border-transparent text-soft hover:border-edge hover:text-ink",
      )}
    >
      {item.label}
      {item.count === undefined ? null : (
        <span className="rounded-full bg-neutral-soft px-1.5 text-xs text-neutral tabular-nums">{item.count}</span>
      )}
    </a>
  );
}
