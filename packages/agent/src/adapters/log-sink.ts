import type { ClientOptions } from "@homeport/kit/client.ts";
import { appendLog } from "@homeport/kit/log-append.ts";
import type { LogSink } from "../ports.ts";

/** The logging app as the sink of runtime logs, through the gateway. */
export const loggingSink = (options: ClientOptions): LogSink => ({
  append: ({ streamId, replicaId, writer, offset, lines }, signal) =>
    appendLog(
      options,
      { streamId, writer, offset, lines: lines.map((line) => ({ ...line, replica: replicaId })) },
      signal,
    ),
});
