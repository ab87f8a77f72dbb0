import { PageHeader } from "@homeport/ui";
import type { ReactNode } from "react";

export function LongPage(): ReactNode {
  return (
    <>
      <PageHeader title="All releases" />
      <ol className="grid gap-2">
        {Array.from({ length: 120 }, (_, index) => 120 - index).map((number) => (
          <li key={number} className="rounded-md border border-line bg-surface px-4 py-3">
            <a href={`/forms?from=${number}`} id={`release-${number}`}>
              Release {number}
            </a>
          </li>
        ))}
      </ol>
    </>
  );
}
