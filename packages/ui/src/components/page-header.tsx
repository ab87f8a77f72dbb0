import type { ReactNode } from "react";
import { ChevronRight } from "../icons.ts";

export interface Crumb {
  label: string;
  /** Absent on the last one: the page itself. */
  href?: string | undefined;
}

export function Breadcrumbs({ items }: { items: readonly Crumb[] }): ReactNode {
  return (
    <nav aria-label="Breadcrumb">
      <ol className="flex flex-wrap items-center gap-1 text-sm text-faint">
        {items.map((crumb, index) => (
          <li key={`${crumb.href ?? ""} ${crumb.label}`} className="flex min-w-0 items-center gap-1">
            {index === 0 ? null : <ChevronRight aria-hidden className="size-3.5 shrink-0" />}
            {crumb.href === undefined ? (
              <span aria-current={index === items.length - 1 ? "page" : undefined} className="wrap-anywhere">
                {crumb.label}
              </span>
            ) : (
              <a href={crumb.href} className="rounded-sm wrap-anywhere text-soft hover:text-ink hover:underline">
                {crumb.label}
              </a>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

export interface PageHeaderProps {
  title: ReactNode;
  description?: ReactNode;
  breadcrumbs?: readonly Crumb[] | undefined;
  /** A pill or badge beside the title. */
  status?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, description, breadcrumbs, status, actions }: PageHeaderProps): ReactNode {
  return (
    <header className="mb-6 grid grid-cols-1 gap-1.5">
      {breadcrumbs === undefined ? null : <Breadcrumbs items={breadcrumbs} />}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="text-2xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
            {status}
          </div>
          {description === undefined ? null : (
            <div className="mt-1 max-w-prose text-soft wrap-anywhere">{description}</div>
          )}
        </div>
        {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
    </header>
  );
}
