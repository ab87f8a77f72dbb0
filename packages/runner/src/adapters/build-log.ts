import type { ClientOptions } from "@homeport/kit/client.ts";
import { appendLog } from "@homeport/kit/log-append.ts";
import type { BuildLog, LogLine } from "../ports.ts";

/** The logging app as the place of build logs, through the gateway; each job writes with its own token. */
export const loggingBuildLog = ({ url }: Pick<ClientOptions, "url">): BuildLog => ({
  append: ({ logStream, jobToken }, { writer, offset, lines }, signal) =>
    appendLog(
      { url, token: () => jobToken.reveal() },
      { streamId: logStream, writer, offset, lines: lines.map(toOutput) },
      signal,
    ),
});

/** The runner's own lines are output like any other to whoever reads the log. */
const toOutput = ({ at, stream, text }: LogLine) => ({
  at,
  stream: stream === "stderr" ? ("stderr" as const) : ("stdout" as const),
  text,
});
