import type { ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { Skeleton } from "../components/skeleton.tsx";
import type { Log } from "./use-log.ts";

/** In place of the lines: they are being fetched, could not be fetched, are still to come, or there are none. */
export function NoLines({ log, hint }: { log: Log; hint: string | undefined }): ReactNode {
  if (log.earlier === "loading") return <Skeleton shape="log" count={6} label="Loading the log" />;
  if (log.earlier === "failed") {
    return (
      <div role="alert" className="flex flex-wrap items-center gap-3 px-4 py-2 font-sans text-base text-soft">
        The log could not be loaded.
        <Button size="sm" onClick={log.loadEarlier}>
          Try again
        </Button>
      </div>
    );
  }
  if (log.state === "refused") {
    return <p className="px-4 py-2 font-sans text-base text-soft">This log cannot be read any more.</p>;
  }
  const over = log.state === "ended" || log.state === "idle";
  return (
    <p className="px-4 py-2 font-sans text-base text-soft">
      {over ? "This log is empty." : (hint ?? "No lines yet. They appear here as they are written.")}
    </p>
  );
}
