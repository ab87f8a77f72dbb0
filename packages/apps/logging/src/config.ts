import { defineEnv } from "@homeport/kit/env.ts";
import { z } from "zod";
import { type Limits, MiB } from "./limits.ts";

const days = (fallback: number) => z.coerce.number().min(0.01).max(3650).default(fallback);

const readEnv = defineEnv("logging", {
  HOMEPORT_LOG_RUNTIME_DAYS: { schema: days(14), description: "Days that lines of running services are kept." },
  HOMEPORT_LOG_RUNTIME_MIB: {
    schema: z.coerce.number().int().min(1).max(1_048_576).default(256),
    description: "MiB on disk for the log of one service; beyond it the oldest lines go.",
  },
  HOMEPORT_LOG_BUILD_DAYS: { schema: days(90), description: "Days that build logs are kept." },
});

const DAY_MS = 24 * 3_600_000;
/** Past this a build log is a fault of the build, and nobody reads it. */
const BUILD_LOG_BYTES = 100_000_000;

/** @throws {Error} naming every variable that is wrong */
export const readLimits = (source?: Record<string, string | undefined>): Limits => {
  const e = readEnv(source);
  return {
    buildBytes: BUILD_LOG_BYTES,
    runtimeBytes: e.HOMEPORT_LOG_RUNTIME_MIB * MiB,
    runtimeAgeMs: e.HOMEPORT_LOG_RUNTIME_DAYS * DAY_MS,
    buildAgeMs: e.HOMEPORT_LOG_BUILD_DAYS * DAY_MS,
  };
};
