import { createLogger } from "../log.ts";
import { onAccessChange } from "./access-changes.ts";
import { textStream } from "./text-stream.ts";

const log = createLogger("http");

export type SseTimes = {
  /** A client that takes nothing for so long is let go. */
  stallMs: number;
  /** After this the client has to come back, which asks again whether it may. */
  maxAgeMs: number;
};

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

/**
 * Answers with Server-Sent Events (WHATWG HTML, section 9.2). They are made one by one as the client takes them; who is
 * cut off comes back and resumes. `until` ends with the request and with the app. When it became other who may do what,
 * `mayStill` is asked, and who may not is cut off.
 */
export const sseResponse = (
  frames: (signal: AbortSignal) => AsyncGenerator<string, void>,
  until: AbortSignal,
  { stallMs, maxAgeMs }: SseTimes,
  mayStill: () => Promise<boolean>,
): Response => {
  const ending = new AbortController();
  const tooOld = setTimeout(() => body.close(), maxAgeMs);
  const body = textStream(frames(ending.signal), {
    stallMs,
    onEnd: (err) => {
      clearTimeout(tooOld);
      forget();
      until.removeEventListener("abort", body.close);
      ending.abort();
      if (err !== null) log.warn({ err }, "an event stream ended early");
    },
  });
  const forget = onAccessChange(() => {
    mayStill().then(
      (may) => may || body.close(),
      () => body.close(), // whoever cannot be asked about comes back when that is over
    );
  });
  until.addEventListener("abort", body.close, { once: true });
  if (until.aborted) body.close();
  return new Response(body.stream, { headers: HEADERS });
};
