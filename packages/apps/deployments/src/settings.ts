import { z } from "zod";
import { isSchedule, isTimeZone } from "./schedule.ts";

/** People type these into forms, so what is wrong is said in one sentence, whatever it is. */
const whole = (min: number, max: number) => {
  const range = `use a whole number from ${min} to ${max}`;
  return z.number(range).int(range).min(min, range).max(max, range);
};

const timing = {
  /** Within this long after its start a replica has to be ready. */
  timeoutSeconds: whole(1, 900).default(60),
  intervalSeconds: whole(1, 60).default(1),
};

export const Health = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    path: z.string().regex(/^\/[\x21-\x7e]{0,500}$/, "use a path such as /healthz"),
    ...timing,
  }),
  z.strictObject({ kind: z.literal("tcp"), ...timing }),
  z.strictObject({ kind: z.literal("none"), ...timing }),
]);

const Command = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .regex(/^[^\0\r\n]+$/, "must be one line");

/** How a new release takes the place of the one before. */
export const Strategy = z.discriminatedUnion("kind", [
  /** New replicas beside the old ones; all requests change over at once. */
  z.strictObject({ kind: z.literal("rolling") }),
  /** The old ones end before a new one begins: never two at a time, and a moment without any. */
  z.strictObject({ kind: z.literal("recreate") }),
  /** A share of the requests first, in steps; given up when they fail more often than the others. */
  z.strictObject({
    kind: z.literal("canary"),
    steps: z
      .array(z.strictObject({ weight: whole(1, 99), seconds: whole(1, 86_400) }))
      .min(1)
      .max(10)
      .refine(
        (steps) => steps.every(({ weight }, i) => i === 0 || weight > (steps[i - 1]?.weight ?? 0)),
        "weights must rise",
      )
      .default([
        { weight: 10, seconds: 60 },
        { weight: 50, seconds: 60 },
      ]),
    maxErrorPercent: z.number().min(0).max(100).default(5),
    minRequests: whole(1, 100_000).default(20),
  }),
]);

/** A glob over paths of the repository: `*` within a folder, `**` over folders. */
const WatchPath = z
  .string()
  .min(1)
  .max(300)
  .regex(/^!?[^!/\0][^\0]*$/, "use a path inside the repository, such as apps/web/**");

const whileRunning = {
  /** The workload is told this port in PORT and has to listen on it. Not the gateway's own default, see deploying.md. */
  port: whole(1, 65535),
  health: Health,
  startCommand: Command,
  resources: z.strictObject({
    memoryMiB: whole(16, 1_048_576).optional(),
    cpus: z.number().min(0.05).max(256).optional(),
  }),
  /** How many copies of it run; none is a service that stands still. */
  replicas: whole(0, 50),
  strategy: Strategy,
  /** What happens when a replica that serves ends by itself. */
  restart: z.enum(["always", "on-failure", "never"]),
  /** Runs once in the new release before it gets any traffic; when it fails, nothing changes. */
  preDeployCommand: Command,
  /** Runs once in the new release after it got the traffic. */
  postDeployCommand: Command,
  /** How long a ready replica has to stay ready before it gets traffic. */
  stabilitySeconds: z.number().min(0).max(300),
  /** How long a replica may take to finish its requests after SIGTERM. */
  graceSeconds: whole(0, 600),
  /** Of a cron service, like the rest of these: five fields, or one of @hourly, @daily, @weekly, @monthly, @yearly. */
  schedule: z
    .string()
    .trim()
    .max(120)
    .refine(isSchedule, "use five fields such as 30 2 * * 1-5, or a name such as @daily, that some day comes"),
  timeZone: z.string().max(60).refine(isTimeZone, "use the name of a time zone such as Europe/Berlin"),
  /** After that long a run is stopped and has failed. */
  cronTimeoutSeconds: whole(1, 86_400),
  /** What becomes of a run whose time comes while one is not over: left out, in its place, or beside it. */
  concurrency: z.enum(["forbid", "replace", "allow"]),
  /** Nothing runs on schedule meanwhile, and what was missed is not made up for. */
  paused: z.boolean(),
};

/** A service answers requests all the time; a cron service is one command that runs on a schedule. */
const Kind = z.enum(["service", "cron"]);

const whileBuilding = {
  preset: z.enum(["bun", "node", "deno", "python", "go", "rust", "php", "ruby", "java", "static", "dockerfile"]),
  rootDirectory: z
    .string()
    .max(300)
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]*$/, "must be a folder inside the repository"),
  buildCommand: Command,
  /** A push deploys only when it touches one of these files; one that begins with ! takes files out again. */
  watchPaths: z.array(WatchPath).max(50),
  /** Whether a push to a branch of an environment deploys there by itself. */
  autoDeploy: z.boolean(),
};

/** How a service is built and run. Every field has a default that suits most. */
export const Settings = z.strictObject({
  kind: Kind.default("service"),
  port: whileRunning.port.default(8080),
  health: whileRunning.health.default({ kind: "tcp", timeoutSeconds: 60, intervalSeconds: 1 }),
  preset: whileBuilding.preset.optional(),
  rootDirectory: whileBuilding.rootDirectory.optional(),
  buildCommand: whileBuilding.buildCommand.optional(),
  startCommand: whileRunning.startCommand.optional(),
  resources: whileRunning.resources.default({}),
  replicas: whileRunning.replicas.default(1),
  strategy: whileRunning.strategy.default({ kind: "rolling" }),
  restart: whileRunning.restart.default("always"),
  preDeployCommand: whileRunning.preDeployCommand.optional(),
  postDeployCommand: whileRunning.postDeployCommand.optional(),
  watchPaths: whileBuilding.watchPaths.default([]),
  autoDeploy: whileBuilding.autoDeploy.default(true),
  stabilitySeconds: whileRunning.stabilitySeconds.default(0.2),
  graceSeconds: whileRunning.graceSeconds.default(15),
  schedule: whileRunning.schedule.optional(),
  timeZone: whileRunning.timeZone.default("UTC"),
  cronTimeoutSeconds: whileRunning.cronTimeoutSeconds.default(900),
  concurrency: whileRunning.concurrency.default("forbid"),
  paused: whileRunning.paused.default(false),
});
export type Settings = z.infer<typeof Settings>;

/** Every field of a shape, absent for "as it is" and null for "the default". */
const patchOf = <Shape extends Record<string, z.ZodType>>(shape: Shape) => {
  const entries = Object.entries(shape).map(([name, schema]) => [name, schema.nullable().optional()]);
  return z.strictObject(Object.fromEntries(entries) as { [K in keyof Shape]: z.ZodOptional<z.ZodNullable<Shape[K]>> });
};

/** A change of some settings (RFC 7396: null removes; a value inside one replaces it whole). */
export const SettingsPatch = patchOf({ kind: Kind, ...whileRunning, ...whileBuilding });
export type SettingsPatch = z.infer<typeof SettingsPatch>;

/** What may differ between the environments of a service. How it is built does not: one image can be promoted. */
export const WorkloadSettings = patchOf(whileRunning);
export type WorkloadSettings = z.infer<typeof WorkloadSettings>;

export const defaultSettings = (): Settings => Settings.parse({});

/** The settings after a patch. What a patch takes away is the default again. */
export const patchSettings = (settings: Settings, patch: SettingsPatch): Settings =>
  Settings.parse(withoutNulls({ ...settings, ...withoutUndefined(patch) }));

/** The overrides of a workload after a patch: null takes one away. */
export const patchOverrides = (overrides: WorkloadSettings, patch: WorkloadSettings): WorkloadSettings =>
  WorkloadSettings.parse(withoutNulls({ ...overrides, ...withoutUndefined(patch) }));

/** What a service goes by in one environment. */
export const settingsIn = (settings: Settings, overrides: WorkloadSettings): Settings =>
  patchSettings(settings, overrides);

const withoutUndefined = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
const withoutNulls = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
