import type { ReactNode } from "react";
import { ArrowLeft, ArrowRight } from "../icons.ts";
import { LinkButton } from "./button.tsx";

export interface PaginationProps {
  previousHref?: string | undefined;
  nextHref?: string | undefined;
  label?: string | undefined;
}

/** Links of a list that is paged by cursor; absent when everything fits on one page. */
export function Pagination({ previousHref, nextHref, label = "Pages" }: PaginationProps): ReactNode {
  if (previousHref === undefined && nextHref === undefined) return null;
  return (
    <nav aria-label={label} className="flex justify-between gap-2 pt-3">
      <LinkButton
        href={previousHref ?? ""}
        rel="prev"
        size="sm"
        icon={<ArrowLeft aria-hidden />}
        disabledReason={previousHref === undefined ? "This is the first page." : undefined}
      >
        Newer
      </LinkButton>
      <LinkButton
        href={nextHref ?? ""}
        rel="next"
        size="sm"
        disabledReason={nextHref === undefined ? "This is the last page." : undefined}
      >
        Older <ArrowRight aria-hidden />
      </LinkButton>
    </nav>
  );
}
