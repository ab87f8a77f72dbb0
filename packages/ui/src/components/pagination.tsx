import type { ReactNode } from "react";
import { ArrowLeft, ArrowRight } from "../icons.ts";
import { LinkButton } from "./button.tsx";

export interface PaginationProps {
  previousHref?: string | undefined;
  nextHref?: string | undefined;
  label?: string | undefined;
  /** What the list goes by: the time that things were made, newest first, or anything else. */
  order?: "time" | "name" | undefined;
}

const WORDS = { time: ["Newer", "Older"], name: ["First page", "Next page"] } as const;

/** Links of a list that is paged by cursor; absent when everything fits on one page. */
export function Pagination({ previousHref, nextHref, label = "Pages", order = "time" }: PaginationProps): ReactNode {
  if (previousHref === undefined && nextHref === undefined) return null;
  const [previous, next] = WORDS[order];
  return (
    <nav aria-label={label} className="flex justify-between gap-2 pt-3">
      <LinkButton
        href={previousHref ?? ""}
        rel="prev"
        size="sm"
        icon={<ArrowLeft aria-hidden />}
        disabledReason={previousHref === undefined ? "This is the first page." : undefined}
      >
        {previous}
      </LinkButton>
      <LinkButton
        href={nextHref ?? ""}
        rel="next"
        size="sm"
        disabledReason={nextHref === undefined ? "This is the last page." : undefined}
      >
        {next} <ArrowRight aria-hidden />
      </LinkButton>
    </nav>
  );
}
