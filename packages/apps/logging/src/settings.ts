import { defineSettings } from "@homeport/kit/settings/declaration.ts";
import { type Limits, MiB } from "./limits.ts";

export const settings = defineSettings([
  {
    key: "runtime-days",
    group: "Logs of services",
    label: "Kept for",
    description: "Days that lines of running services are kept.",
    env: "HOMEPORT_LOG_RUNTIME_DAYS",
    type: "integer",
    default: 14,
    min: 1,
    max: 3650,
    unit: "days",
  },
  {
    key: "runtime-mib",
    group: "Logs of services",
    label: "At most",
    description: "MiB on disk for the log of one service; beyond it the oldest lines go.",
    env: "HOMEPORT_LOG_RUNTIME_MIB",
    type: "integer",
    default: 256,
    min: 1,
    max: 1_048_576,
    unit: "MiB",
  },
  {
    key: "build-days",
    group: "Build logs",
    label: "Kept for",
    description: "Days that build logs are kept.",
    env: "HOMEPORT_LOG_BUILD_DAYS",
    type: "integer",
    default: 90,
    min: 1,
    max: 3650,
    unit: "days",
  },
]);

const DAY_MS = 24 * 3_600_000;
/** Past this a build log is a fault of the build, and nobody reads it. */
const BUILD_LOG_BYTES = 100_000_000;

type Read = (key: (typeof settings)[number]["key"]) => number;

/** How much is kept by the settings of this moment. */
export const limitsOf = (read: Read): Limits => ({
  buildBytes: BUILD_LOG_BYTES,
  runtimeBytes: read("runtime-mib") * MiB,
  runtimeAgeMs: read("runtime-days") * DAY_MS,
  buildAgeMs: read("build-days") * DAY_MS,
});
