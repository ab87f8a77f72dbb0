import type { RawContext, RawRoute } from "@homeport/kit/http/routes.ts";
import { intParam } from "@homeport/kit/http/routes.ts";
import { type SseTimes, sseResponse } from "@homeport/kit/http/sse.ts";
import type { LoggingDeps } from "../service/deps.ts";
import { type Followed, followStream } from "../service/follow-stream.ts";
import { getStream } from "../service/streams.ts";
import type { Tails } from "../service/tails.ts";
import type { StreamId } from "../stream.ts";
import { toLogLine } from "./to-wire.ts";

/** Where a tail begins that says nothing: as many lines before the end. */
const LINES_BEFORE_END = 1_000;

/** How long a browser waits before it connects again. */
const RETRY_MS = 1_000;

/**
 * `quietMs`: a comment after this much silence keeps proxies from closing. `maxAgeMs` bounds how long somebody reads on who
 * may no longer, where no change of access was heard of.
 */
export type TailTimes = SseTimes & { quietMs: number };
export const TAIL_TIMES: TailTimes = { quietMs: 10_000, stallMs: 60_000, maxAgeMs: 60_000 };

/** `GET /streams/:stream/tail`: Server-Sent Events, one for each line, resumed by Last-Event-ID or `?after=`. */
export const tailRoute = (deps: LoggingDeps, tails: Tails, stopping: AbortSignal, times = TAIL_TIMES): RawRoute => ({
  method: "GET",
  path: "/api/v1/logging/streams/:stream/tail",
  action: "log:read",
  resource: "stream",
  async handle(context) {
    const id = context.params.stream as StreamId;
    const after = await startOf(deps, id, context);
    return sseResponse(
      (signal) => framesOf(followStream(deps, tails, id, after, times.quietMs, signal)),
      AbortSignal.any([context.signal, stopping]),
      times,
      context.mayStill,
    );
  },
});

const startOf = async (deps: LoggingDeps, id: StreamId, { headers, url }: RawContext): Promise<number> => {
  const asked = headers.get("last-event-id") || url.searchParams.get("after");
  if (asked !== null && asked !== "") return intParam(asked, "after", 0, Number.MAX_SAFE_INTEGER);
  const { nextLine } = await getStream(deps, id);
  return Math.max(0, nextLine - 1 - LINES_BEFORE_END);
};

async function* framesOf(followed: AsyncGenerator<Followed, void>): AsyncGenerator<string, void> {
  yield `retry: ${RETRY_MS}\n\n`;
  for await (const each of followed) {
    if (each.kind === "lines") yield each.lines.map((line) => frame(line.n, JSON.stringify(toLogLine(line)))).join("");
    else if (each.kind === "quiet") yield ": quiet\n\n";
    else yield "event: end\ndata: {}\n\n";
  }
}

/** JSON has no line breaks, so one `data` line holds it. */
const frame = (n: number, json: string): string => `id: ${n}\ndata: ${json}\n\n`;
