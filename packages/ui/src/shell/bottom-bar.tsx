import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { Ellipsis } from "../icons.ts";
import type { NavItem } from "./nav.ts";
import { NavIcon } from "./nav-icon.tsx";

/** Five places fit on 360 px with targets of a thumb's width. */
const PLACES = 5;

const ITEM = "flex h-14 min-w-0 flex-col items-center justify-center gap-0.5 px-1 text-2xs font-medium";

/** Navigation under 768 px: the first items, the rest behind "More". */
export function BottomBar({ nav, currentId }: { nav: readonly NavItem[]; currentId: string | null }): ReactNode {
  const all = nav.length <= PLACES;
  const shown = all ? nav : nav.slice(0, PLACES - 1);
  const rest = all ? [] : nav.slice(PLACES - 1);
  return (
    <nav
      aria-label="Main"
      data-hp-swap="bottom"
      className="hp-bottom fixed inset-x-0 bottom-0 z-20 border-t border-line bg-surface md:hidden"
    >
      <ul className="grid auto-cols-fr grid-flow-col">
        {shown.map((item) => (
          <li key={item.id} className="min-w-0">
            <BarLink item={item} current={item.id === currentId} />
          </li>
        ))}
        {rest.length === 0 ? null : <More nav={rest} currentId={currentId} />}
      </ul>
    </nav>
  );
}

function BarLink({ item, current }: { item: NavItem; current: boolean }): ReactNode {
  return (
    <a
      href={item.href}
      aria-current={current ? "page" : undefined}
      className={classNames(ITEM, current ? "text-accent-strong" : "text-soft")}
    >
      <span className={classNames("grid h-6 w-11 place-items-center rounded-full", current && "bg-accent-soft")}>
        <NavIcon name={item.icon} className="size-5" />
      </span>
      <span className="max-w-full truncate">{item.label}</span>
    </a>
  );
}

function More({ nav, currentId }: { nav: readonly NavItem[]; currentId: string | null }): ReactNode {
  const inside = nav.some((item) => item.id === currentId);
  return (
    <li className="min-w-0">
      <details className="hp-menu" data-hp-menu="">
        <summary className={classNames(ITEM, inside ? "text-accent-strong" : "text-soft")}>
          <span className={classNames("grid h-6 w-11 place-items-center rounded-full", inside && "bg-accent-soft")}>
            <Ellipsis aria-hidden className="size-5" />
          </span>
          More
        </summary>
        <ul className="absolute inset-x-3 bottom-full mb-3 grid max-h-[60dvh] gap-0.5 overflow-y-auto rounded-lg border border-line bg-surface p-2 shadow-float">
          {nav.map((item) => (
            <li key={item.id}>
              <a
                href={item.href}
                aria-current={item.id === currentId ? "page" : undefined}
                className={classNames(
                  "flex h-11 items-center gap-3 rounded-md px-3",
                  item.id === currentId ? "bg-accent-soft font-medium text-accent-strong" : "text-ink hover:bg-hover",
                )}
              >
                <NavIcon name={item.icon} className="size-5 shrink-0" />
                <span className="truncate">{item.label}</span>
              </a>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
