import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useLayoutEffect } from "react";
import type { LogLine } from "./line.ts";
import type { LogSnapshot } from "./log-buffer.ts";
import { LogRow, type RowLook } from "./row.tsx";
import { firstIndexFrom } from "./search.ts";

/** `leading-5`; rows are only measured when they wrap. */
const ROW_PX = 20;

export interface LinesProps extends RowLook {
  scroller: RefObject<HTMLDivElement | null>;
  snapshot: LogSnapshot;
  following: boolean;
  /** Number of the line that the search is at; brought into view when it changes. */
  current: number | null;
}

/** The lines in view and a few around them, however many there are. */
export function Lines({ scroller, snapshot, following, current, ...look }: LinesProps): ReactNode {
  const { lines } = snapshot;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => lines[index]?.n ?? index,
    overscan: 12,
    // What is on screen stays where it is when older lines come in above it, or leave.
    anchorTo: "end",
  });
  const totalPx = virtual.getTotalSize();

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another look have another height.
  useEffect(() => {
    virtual.measure();
  }, [virtual, look.wrap, look.timestamps, look.replicas]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when lines came in, and when their measured height settled.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (following && element !== null) element.scrollTop = element.scrollHeight;
  }, [scroller, following, totalPx, snapshot]);

  useEffect(() => {
    if (current !== null) virtual.scrollToIndex(firstIndexFrom(lines, current), { align: "center" });
  }, [virtual, lines, current]);

  return (
    <div className="relative w-max min-w-full" style={{ height: totalPx }}>
      {virtual.getVirtualItems().map((item) => {
        const line = lines[item.index];
        if (line === undefined) return null;
        return (
          <div
            key={item.key}
            ref={look.wrap ? virtual.measureElement : undefined}
            data-index={item.index}
            className={look.wrap ? "absolute start-0 top-0 w-full" : "absolute start-0 top-0 w-max min-w-full"}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <LogRow line={line} missing={missingAbove(lines, item.index)} current={line.n === current} {...look} />
          </div>
        );
      })}
    </div>
  );
}

/** The same lines without a browser: all of them, readable before any script runs. */
export function StaticLines({ lines, ...look }: RowLook & { lines: readonly LogLine[] }): ReactNode {
  return (
    <div className="w-max min-w-full">
      {lines.map((line, index) => (
        <LogRow key={line.n} line={line} missing={missingAbove(lines, index)} current={false} {...look} />
      ))}
    </div>
  );
}

function missingAbove(lines: readonly LogLine[], index: number): number {
  const above = lines[index - 1];
  const line = lines[index];
  return above === undefined || line === undefined ? 0 : line.n - above.n - 1;
}
