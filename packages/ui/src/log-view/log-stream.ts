import { streamRefusal, tellRefusal } from "../stream-refusal.ts";
import { type LogLine, readLine } from "./line.ts";

export type StreamState = "connecting" | "live" | "reconnecting" | "ended" | "refused" | "idle";

export interface StreamHandlers {
  /** Number of the newest line that is known; asked at every connection that is made by hand. */
  lastNumber(): number | null;
  line(line: LogLine): void;
  state(state: StreamState): void;
}

/** Servers end streams every minute and are back within this: nothing that people need to be told. */
const BRIEF_MS = 3_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 15_000;

/**
 * Follows a log until its `end` event or until `signal` aborts. A dropped connection is the browser's to make again, with
 * `Last-Event-ID`; after an error answer the browser gives up, and this does it by hand with `?after=`, unless the reader
 * is signed out or may no longer read.
 */
export function followLog(url: string, on: StreamHandlers, signal: AbortSignal): void {
  let source: EventSource | null = null;
  let failures = 0;
  let wasLive = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    source = new EventSource(withAfter(url, on.lastNumber()));
    source.onopen = () => {
      clearTimeout(timer);
      failures = 0;
      wasLive = true;
      on.state("live");
    };
    source.onmessage = (event) => {
      const line = readLine(String(event.data));
      if (line !== null) on.line(line);
    };
    source.addEventListener("end", () => {
      source?.close();
      on.state("ended");
    });
    source.onerror = () => {
      clearTimeout(timer);
      if (source?.readyState !== EventSource.CLOSED) {
        timer = setTimeout(() => on.state("reconnecting"), BRIEF_MS);
        return;
      }
      void openAgain();
    };
  };
  const openAgain = async (): Promise<void> => {
    on.state("reconnecting");
    const refusal = await streamRefusal(url, signal);
    if (signal.aborted) return;
    // A log that was not there yet is missing until its first line.
    if (refusal !== null && (refusal !== 404 || wasLive)) {
      on.state("refused");
      tellRefusal(refusal);
      return;
    }
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS);
    failures += 1;
    // A little apart, so that all open logs do not come back in the same instant after a restart.
    timer = setTimeout(open, waitMs * (0.75 + Math.random() / 2));
  };
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    source?.close();
  });
  on.state("connecting");
  open();
}

function withAfter(url: string, last: number | null): string {
  if (last === null) return url;
  const target = new URL(url, location.href);
  target.searchParams.set("after", String(last));
  return target.href;
}
