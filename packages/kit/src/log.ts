import pino from "pino";
import { readLogLevel } from "./config.ts";

/** Field names whose values never reach a log line, at the top and one level down. */
const REDACTED = ["password", "secret", "token", "authorization", "cookie", "apiKey", "privateKey", "env", "value"];

const root = pino({
  level: readLogLevel(),
  base: { pid: process.pid },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: "[secret]" },
  serializers: { err: pino.stdSerializers.err },
});

export type Logger = pino.Logger;

/** The logger of one part of the platform; each package exports its own from `log.ts`. */
export const createLogger = (area: string): Logger => root.child({ area });
