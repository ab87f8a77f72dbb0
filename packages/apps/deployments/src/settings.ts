import { z } from "zod";

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

/** How a service is built and run. Every field has a default that suits most. */
export const Settings = z.strictObject({
  /** The workload is told this port in PORT and has to listen on it. Not the gateway's own default, see deploying.md. */
  port: whole(1, 65535).default(8080),
  health: Health.default({ kind: "tcp", timeoutSeconds: 60, intervalSeconds: 1 }),
  preset: z.enum(["bun", "node", "static", "dockerfile"]).optional(),
  rootDirectory: z
    .string()
    .max(300)
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]*$/, "must be a folder inside the repository")
    .optional(),
  buildCommand: Command.optional(),
  startCommand: Command.optional(),
  resources: z
    .strictObject({
      memoryMiB: whole(16, 1_048_576).optional(),
      cpus: z.number().min(0.05).max(256).optional(),
    })
    .default({}),
  /** How long a ready replica has to stay ready before it gets traffic. */
  stabilitySeconds: z.number().min(0).max(300).default(0.2),
  /** How long a replica may take to finish its requests after SIGTERM. */
  graceSeconds: whole(0, 600).default(15),
});
export type Settings = z.infer<typeof Settings>;

export const defaultSettings = (): Settings => Settings.parse({});
