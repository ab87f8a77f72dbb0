import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { BrandMark } from "./brand.tsx";
import type { NavItem } from "./nav.ts";
import { NavIcon } from "./nav-icon.tsx";

/** Navigation from 768 px up. */
export function Sidebar({ nav, currentId }: { nav: readonly NavItem[]; currentId: string | null }): ReactNode {
  return (
    <div className="hidden border-e border-line md:block">
      <nav aria-label="Main" className="sticky top-0 flex h-dvh flex-col">
        <a
          href="/"
          className="mx-3 mt-3 flex h-10 items-center gap-2.5 rounded-md px-2 text-lg font-semibold tracking-tight"
        >
          <BrandMark className="size-7" /> Homeport
        </a>
        <div data-hp-swap="sidebar" className="flex-1 overflow-y-auto px-3 py-4">
          <ul className="grid gap-0.5">
            {nav.map((item) => {
              const current = item.id === currentId;
              return (
                <li key={item.id}>
                  <a
                    href={item.href}
                    aria-current={current ? "page" : undefined}
                    className={classNames(
                      "relative flex h-9 items-center gap-2.5 rounded-md px-2.5",
                      current
                        ? "bg-accent-soft font-medium text-accent-strong before:absolute before:inset-y-2 before:start-0 before:w-0.75 before:rounded-full before:bg-accent"
                        : "text-soft hover:bg-hover hover:text-ink",
                    )}
                  >
                    <NavIcon name={item.icon} className="size-4.5 shrink-0" />
                    <span className="truncate">{item.label}</span>
                  </a>
                </li>
              );
            })}
          </ul>
        </div>
      </nav>
    </div>
  );
}
