import type { ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { MAX_LINES } from "./log-buffer.ts";
import type { Log } from "./use-log.ts";

/** Above the lines: that there are older ones, and how to get them. Nothing when the first line is there. */
export function EarlierLines({ log }: { log: Log }): ReactNode {
  const { lines } = log.snapshot;
  const first = lines[0];
  if (log.earlier === "beginning" || first === undefined) return null;
  const full = lines.length >= MAX_LINES;
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-term-line px-3 py-1.5 text-sm text-soft">
      <span className="tabular-nums">
        {log.earlier === "failed"
          ? "The earlier lines could not be loaded."
          : `Shown from line ${first.n.toLocaleString("en")}.`}
      </span>
      <Button
        size="sm"
        variant="quiet"
        busy={log.earlier === "loading"}
        disabledReason={
          full ? `At most ${MAX_LINES.toLocaleString("en")} lines are shown. Download the log to see all.` : undefined
        }
        onClick={log.loadEarlier}
      >
        {log.earlier === "failed" ? "Try again" : "Load earlier lines"}
      </Button>
    </div>
  );
}
