import pino from "pino";
import { readLogLevel } from "./config.ts";

/** Field names whose values never reach a log line, at the top and one level down. */
const REDACTED = ["password", "secret", "token", "authorization", "cookie", "apiKey", "privateKey", "env", "value"];

const STDOUT = 1;
/** What waits for a full disk or a closed terminal to take it; beyond this, lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

const destination = pino.destination({ dest: STDOUT, sync: true, maxLength: MAX_WAITING_BYTES });
destination.on("error", () => undefined); // a line that cannot be written is no reason to stop serving

const options: pino.LoggerOptions = {
  level: readLogLevel(),
  base: { pid: process.pid },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: "[secret]" },
  serializers: { err: pino.stdSerializers.err },
};

const root = pino(options, destination);

export type Logger = pino.Logger;

/** The logger of one part of the platform; each package exports its own from `log.ts`. */
export const createLogger = (area: string): Logger => root.child({ area });
