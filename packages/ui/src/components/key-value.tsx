import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";

export interface KeyValueProps {
  items: readonly { label: string; value: ReactNode }[];
  columns?: 1 | 2 | undefined;
}

export function KeyValue({ items, columns = 1 }: KeyValueProps): ReactNode {
  return (
    <dl className={classNames("grid gap-x-8 gap-y-3", columns === 2 && "sm:grid-cols-2")}>
      {items.map((item) => (
        <div
          key={item.label}
          className="grid min-w-0 gap-x-4 gap-y-0.5 sm:grid-cols-[minmax(5.5rem,25%)_minmax(0,1fr)] sm:items-baseline"
        >
          <dt className="text-sm text-faint">{item.label}</dt>
          <dd className="min-w-0 wrap-anywhere">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Stands where a secret is. It never receives the value, so the value cannot be in the page. */
export function Secret({ masked = "••••••••" }: { masked?: string | undefined }): ReactNode {
  return (
    <span className="font-mono whitespace-nowrap text-soft">
      <span aria-hidden>{masked}</span>
      <span className="sr-only">hidden value</span>
    </span>
  );
}
