import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";

export interface SkeletonProps {
  /** The shape of what will be there, so that nothing jumps when it arrives. */
  shape?: "text" | "row" | "card" | "log" | undefined;
  count?: number | undefined;
  label?: string | undefined;
}

const SHAPE = { text: "h-4 rounded-sm", row: "h-11 rounded-md", card: "h-32 rounded-lg", log: "h-4 rounded-sm" };
const WIDTHS = ["w-11/12", "w-4/5", "w-full", "w-3/5"];

/** A placeholder for a first load. Content that is merely old stays on screen instead. */
export function Skeleton({ shape = "text", count = 3, label = "Loading" }: SkeletonProps): ReactNode {
  const varies = shape === "text" || shape === "log";
  return (
    <div
      role="status"
      aria-label={label}
      className={classNames("grid gap-2.5", shape === "log" && "scheme-dark bg-term p-4")}
    >
      {Array.from({ length: count }, (_, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike and never move.
          key={index}
          aria-hidden
          className={classNames(
            "block animate-breathe bg-neutral-soft",
            SHAPE[shape],
            varies ? WIDTHS[index % WIDTHS.length] : "w-full",
          )}
        />
      ))}
    </div>
  );
}
