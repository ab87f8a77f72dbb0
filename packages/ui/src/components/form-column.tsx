import type { ReactNode } from "react";

/** As wide as forms are easy to read, for the sections with a page's forms; apart from what comes before it. */
export function FormColumn({ children }: { children: ReactNode }): ReactNode {
  return <div className="mt-8 max-w-xl first:mt-0">{children}</div>;
}
