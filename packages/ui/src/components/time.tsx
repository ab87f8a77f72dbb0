import type { ReactNode } from "react";
import { absoluteTime, relativeTime } from "../relative-time.ts";

export interface TimeProps {
  at: string | Date;
  format?: "relative" | "absolute" | undefined;
  /** The moment that "ago" counts from; default the moment of rendering. */
  now?: Date | undefined;
}

/** A moment: relative to now with the exact UTC time on hover. The runtime keeps the words current while the page is open. */
export function Time({ at, format = "relative", now }: TimeProps): ReactNode {
  const date = typeof at === "string" ? new Date(at) : at;
  if (Number.isNaN(date.getTime())) return <span className="text-faint">unknown</span>;
  const relative = format === "relative";
  return (
    <time
      dateTime={date.toISOString()}
      title={absoluteTime(date)}
      data-hp-relative={relative ? "" : undefined}
      className="whitespace-nowrap tabular-nums"
      // The browser hydrates some moments after the server rendered: the words may differ by then.
      suppressHydrationWarning
    >
      {relative ? relativeTime(date, now ?? new Date()) : absoluteTime(date)}
    </time>
  );
}

/** How long something took: `850 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function Duration({ ms }: { ms: number }): ReactNode {
  return <span className="whitespace-nowrap tabular-nums">{formatDuration(ms)}</span>;
}

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}
