import type { ReactNode } from "react";

/** The buttons of a table's row, side by side where the row is one line; give them `size="sm"`. */
export function RowActions({ children }: { children: ReactNode }): ReactNode {
  return <span className="flex flex-wrap items-center gap-1 sm:flex-nowrap sm:justify-end">{children}</span>;
}
