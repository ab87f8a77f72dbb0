import { join } from "node:path";
import { defineEnv } from "@homeport/kit/env.ts";
import { z } from "zod";
import { parseHost } from "./host.ts";

const ValkeyUrl = z
  .string()
  .max(500)
  .regex(/^(rediss?:\/\/\S+|\/\S+)$/, "must be redis://… or the path of a unix socket");

/** Limits of one request; see `Timeouts` in dispatch.ts. */
const TimeoutsConfig = z.object({
  /** For the whole head of a request; longer is an attack or a dead line (slowloris). */
  headMs: z.number().int().positive().default(10_000),
  connectMs: z.number().int().positive().default(5_000),
  responseMs: z.number().int().positive().default(60_000),
  bodyIdleMs: z
    .number()
    .int()
    .positive()
    .default(15 * 60_000),
  /** How long running requests may go on after `stop`. */
  drainMs: z.number().int().min(0).default(20_000),
});

export const GatewayConfig = z.object({
  /** Absent: every address of the machine, IPv6 and IPv4. */
  host: z.string().max(255).optional(),
  port: z.number().int().min(0).max(65_535),
  valkeyUrl: ValkeyUrl,
  dataDir: z.string().min(1).max(4_000),
  /** Folder of the admin socket; `run` in the data folder unless given. A socket's path holds 107 bytes. */
  runDir: z.string().min(1).max(4_000).optional(),
  /** Host names whose paths belong to apps, besides `localhost` and address literals. */
  platformHosts: z.array(z.string().max(253)).max(64),
  baseDomain: z.string().min(1).max(253).default("localhost"),
  timeouts: TimeoutsConfig.prefault({}),
});

export type GatewayConfig = z.input<typeof GatewayConfig>;

const readEnv = defineEnv("gateway", {
  HOMEPORT_PORT: {
    schema: z.coerce.number().int().min(0).max(65_535).default(3000),
    description: "The port the gateway listens on.",
  },
  REDIS_URL: {
    schema: z.string().max(500).default("redis://127.0.0.1:6379"),
    description: "Valkey: `redis://…`, or the path of a unix socket.",
    secret: true,
  },
  HOMEPORT_DATA: {
    schema: z.string().min(1).max(4_000).default(".homeport"),
    description: "The gateway keeps its last good table below it.",
  },
  HOMEPORT_RUN: { schema: z.string().max(4_000).optional(), description: "Folder of the admin socket." },
  APP_URL: {
    schema: z
      .url({ protocol: /^https?$/ })
      .max(300)
      .default("http://localhost:3000"),
    description: "Its host name is the platform's own; other names belong to workloads.",
  },
  HOMEPORT_BASE_DOMAIN: {
    schema: z.string().min(1).max(253).default("localhost"),
    description: "Names below it belong to workloads.",
  },
});

/** @throws {Error} naming each variable that is missing or wrong. */
export function readConfig(env?: Record<string, string | undefined>): GatewayConfig {
  const e = readEnv(env);
  return {
    port: e.HOMEPORT_PORT,
    valkeyUrl: e.REDIS_URL.replace(/^unix:(\/\/)?/, ""),
    dataDir: e.HOMEPORT_DATA,
    runDir: e.HOMEPORT_RUN ?? join(e.HOMEPORT_DATA, "run"),
    platformHosts: [new URL(e.APP_URL).hostname],
    baseDomain: e.HOMEPORT_BASE_DOMAIN,
  };
}

export const tableFile = (dataDir: string): string => join(dataDir, "gateway", "table.json");
export const adminSocket = (runDir: string): string => join(runDir, "gateway.sock");

/** As the router compares them: lower-case, without a trailing dot. */
export function platformHostNames(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.flatMap((host) => parseHost(host)?.name ?? []));
}
