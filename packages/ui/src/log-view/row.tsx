import { memo, type ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { parseAnsi } from "./ansi.ts";
import type { LogLine } from "./line.ts";
import { markSegments } from "./search.ts";

export interface RowLook {
  wrap: boolean;
  timestamps: boolean;
  replicas: boolean;
  query: string;
}

export interface RowProps extends RowLook {
  line: LogLine;
  /** Lines between the one above and this one that are not here. */
  missing: number;
  /** The match that the reader is at. */
  current: boolean;
}

/** One line. A line on stderr has a bar and a spoken word, not only a colour. */
export const LogRow = memo(function LogRow({
  line,
  missing,
  current,
  wrap,
  timestamps,
  replicas,
  query,
}: RowProps): ReactNode {
  const stderr = line.stream === "stderr";
  return (
    <div
      data-line={line.n}
      data-stream={line.stream}
      className={classNames(
        "flex border-s-2 pe-4 leading-5",
        stderr ? "border-s-danger-solid bg-danger-soft/40" : "border-s-transparent",
        missing > 0 && "border-t border-t-term-line",
        current && "bg-term-raised",
      )}
    >
      {missing > 0 ? <span className="sr-only">{missing} lines are not shown here. </span> : null}
      <span aria-hidden className="w-14 shrink-0 pe-3 text-end text-term-faint tabular-nums select-none">
        {line.n}
      </span>
      {timestamps ? (
        <time dateTime={line.at} title={line.at} className="shrink-0 pe-3 text-term-faint tabular-nums select-none">
          {clockTime(line.at)}
        </time>
      ) : null}
      {replicas && line.replica !== undefined ? (
        <span className="w-18 shrink-0 truncate pe-3 text-ansi-6 select-none" title={line.replica}>
          {line.replica.slice(-8)}
        </span>
      ) : null}
      {stderr ? <span className="sr-only">stderr: </span> : null}
      <span className={wrap ? "min-w-0 flex-1 whitespace-pre-wrap wrap-anywhere" : "whitespace-pre"}>
        {markSegments(parseAnsi(line.text), query).map((segment, index) =>
          segment.hit ? (
            <mark
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one unchanging line.
              key={index}
              className={current ? "rounded-xs bg-term-hit-now text-term" : "rounded-xs bg-term-hit text-ansi-11"}
            >
              {segment.text}
            </mark>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one unchanging line.
            <span key={index} className={segment.className === "" ? undefined : segment.className}>
              {segment.text}
            </span>
          ),
        )}
      </span>
    </div>
  );
});

/** `22:14:05.123` in the reader's zone; the title has the exact time. */
function clockTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "--:--:--.---";
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  return `${clock}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
