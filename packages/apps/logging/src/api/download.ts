import type { RawRoute } from "@homeport/kit/http/routes.ts";
import { textStream } from "@homeport/kit/http/text-stream.ts";
import { log } from "../log.ts";
import type { LoggingDeps } from "../service/deps.ts";
import { EVERY_LINE, readLines } from "../service/read-lines.ts";
import type { StreamId } from "../stream.ts";

const BATCH_LINES = 1_000;
/** A download that is not read for so long is given up. */
const STALL_MS = 60_000;

/** `GET /streams/:stream/download`: everything that is kept, a time and a text on each line. */
export const downloadRoute = (deps: LoggingDeps): RawRoute => ({
  method: "GET",
  path: "/api/v1/logging/streams/:stream/download",
  action: "log:read",
  resource: "stream",
  async handle({ params }) {
    const id = params.stream as StreamId;
    const onEnd = (err: unknown) => {
      if (err !== null) log.warn({ err, streamId: id }, "a log download was cut off");
    };
    return new Response(textStream(allLines(deps, id), { stallMs: STALL_MS, onEnd }).stream, {
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "content-disposition": `attachment; filename="${id}.log"`,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
  },
});

async function* allLines(deps: LoggingDeps, id: StreamId): AsyncGenerator<string, void> {
  for (let after = 0; ; ) {
    const { lines } = await readLines(deps, id, { position: { after }, limit: BATCH_LINES, filter: EVERY_LINE });
    const last = lines.at(-1);
    if (last === undefined) return;
    after = last.n;
    yield lines.map(({ at, text }) => `${at.toISOString()} ${text}\n`).join("");
  }
}
