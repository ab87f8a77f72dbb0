import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineEnv } from "@homeport/kit/env.ts";
import { AddressRange } from "@homeport/kit/registry/policy.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { parseHost } from "./host.ts";

const ValkeyUrl = z
  .string()
  .max(500)
  .regex(/^(rediss?:\/\/\S+|\/\S+)$/, "must be redis://… or the path of a unix socket");

const MAX_WORKERS = 64;

/** Limits of one request; see `Timeouts` in plane/plane-context.ts. */
const TimeoutsConfig = z.object({
  /** For the whole head of a request; longer is an attack or a dead line (slowloris). */
  headMs: z.number().int().positive().default(10_000),
  /** Between two requests on one connection. */
  keepAliveMs: z.number().int().positive().default(75_000),
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

const LimitsConfig = z.object({
  /** Of one client address (IPv6: one /64) at once. */
  connectionsPerClient: z.number().int().positive().default(1_024),
  /** Of a body, where the route's policy says nothing: the largest that a Content-Length can name. */
  bodyBytes: z.number().int().positive().default(999_999_999_999_999),
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
  /** Where people reach the platform, to sign in. */
  appUrl: z
    .url({ protocol: /^https?$/ })
    .max(300)
    .default("http://localhost:3000"),
  /** Root of every key of the platform. Absent: hosts that ask for a sign-in with the platform answer 503. */
  appSecret: z.instanceof(Secret<string>).optional(),
  /** Workers listen on one port together; the kernel spreads connections over them. */
  reusePort: z.boolean().default(false),
  /** Its number among the workers of one machine; 0 when there is only one. */
  worker: z.number().int().min(0).default(0),
  /** Names the admin socket, and the temporary files of this process in folders that workers share. */
  socketName: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default("gateway"),
  timeouts: TimeoutsConfig.prefault({}),
  limits: LimitsConfig.prefault({}),
  /** Proxies in front of us, whose word about clients counts. */
  trustedProxies: z.array(AddressRange).max(256).default([]),
  /** Trusted proxies begin each connection with the PROXY protocol. */
  proxyProtocol: z.boolean().default(false),
  /** Absent: no TLS. */
  tls: z.object({ port: z.number().int().min(0).max(65_535), directory: z.string().min(1).max(4_000) }).optional(),
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
    description: "Its host name is the platform's own; other names belong to workloads. People sign in there.",
  },
  APP_SECRET: {
    schema: z.string().min(32, "must have at least 32 characters").optional(),
    description: "The same as every app's. Without it, hosts that ask for a sign-in with the platform answer 503.",
    secret: true,
  },
  HOMEPORT_BASE_DOMAIN: {
    schema: z.string().min(1).max(253).default("localhost"),
    description: "Names below it belong to workloads.",
  },
  HOMEPORT_TLS_PORT: {
    schema: z.coerce.number().int().min(1).max(65_535).optional(),
    description: "The port the gateway listens on with TLS; without it, it does not.",
  },
  HOMEPORT_TLS_DIR: {
    schema: z.string().min(1).max(4_000).optional(),
    description:
      "Folder of the certificates: `NAME/fullchain.pem` and `NAME/privkey.pem`; `certificates` in the data folder unless set.",
  },
  HOMEPORT_TRUSTED_PROXIES: {
    schema: z
      .string()
      .max(10_000)
      .transform((list) => list.split(/[\s,]+/).filter((range) => range !== ""))
      .pipe(z.array(AddressRange).max(256))
      .optional(),
    description:
      "Proxies in front of the gateway, whose word about clients counts: addresses and ranges, parted by commas.",
  },
  HOMEPORT_PROXY_PROTOCOL: {
    schema: z.stringbool().default(false),
    description: "Whether trusted proxies begin each connection with the PROXY protocol, version 1 or 2.",
  },
  HOMEPORT_CONNECTIONS_PER_CLIENT: {
    schema: z.coerce.number().int().min(1).max(1_000_000).default(1_024),
    description: "How many connections one client address (IPv6: one /64) may have at once.",
  },
  HOMEPORT_GATEWAY_WORKERS: {
    schema: z.union([z.literal("auto"), z.coerce.number().int().min(1).max(MAX_WORKERS)]).default(1),
    description:
      "How many processes the gateway runs as: 1 to 64, or `auto` for one per core. Several have a supervisor.",
  },
  HOMEPORT_GATEWAY_WORKER: {
    schema: z.coerce.number().int().min(0).max(9_999).optional(),
    description: "Set by the supervisor of several workers: the number of this one.",
  },
});

/** What a process of the gateway is: all there is, one of several workers, or what keeps these running. */
export type Role = { kind: "single" } | { kind: "worker" } | { kind: "supervisor"; workerCount: number };

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
    appUrl: e.APP_URL,
    trustedProxies: e.HOMEPORT_TRUSTED_PROXIES ?? [],
    proxyProtocol: e.HOMEPORT_PROXY_PROTOCOL,
    limits: { connectionsPerClient: e.HOMEPORT_CONNECTIONS_PER_CLIENT },
    ...(e.HOMEPORT_TLS_PORT === undefined
      ? {}
      : { tls: { port: e.HOMEPORT_TLS_PORT, directory: e.HOMEPORT_TLS_DIR ?? join(e.HOMEPORT_DATA, "certificates") } }),
    ...(e.APP_SECRET === undefined ? {} : { appSecret: new Secret(e.APP_SECRET) }),
    ...(e.HOMEPORT_GATEWAY_WORKER === undefined ? {} : workerConfig(e.HOMEPORT_GATEWAY_WORKER)),
  };
}

/** @throws {Error} as `readConfig` does. */
export function readRole(env?: Record<string, string | undefined>): Role {
  const { HOMEPORT_GATEWAY_WORKER: worker, HOMEPORT_GATEWAY_WORKERS: workers } = readEnv(env);
  if (worker !== undefined) return { kind: "worker" };
  const workerCount = workers === "auto" ? Math.min(availableParallelism(), MAX_WORKERS) : workers;
  return workerCount === 1 ? { kind: "single" } : { kind: "supervisor", workerCount };
}

/** Where all workers of a gateway listen. `tls`: null without TLS. */
export type SharedPorts = { http: number; tls: number | null };

/** The environment of a worker: ours, with its number and the ports that it shares. */
export const workerEnv = (worker: number, { http, tls }: SharedPorts): Record<string, string | undefined> => ({
  ...process.env,
  HOMEPORT_PORT: String(http),
  ...(tls === null ? {} : { HOMEPORT_TLS_PORT: String(tls) }),
  HOMEPORT_GATEWAY_WORKER: String(worker),
});

const workerConfig = (worker: number) => ({ worker, reusePort: true, socketName: workerSocketName(worker) });

export const workerSocketName = (worker: number): string => `gateway-${worker}`;
export const tableFile = (dataDir: string): string => join(dataDir, "gateway", "table.json");
export const adminSocket = (runDir: string, name = "gateway"): string => join(runDir, `${name}.sock`);

/** As the router compares them: lower-case, without a trailing dot. */
export function platformHostNames(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.flatMap((host) => parseHost(host)?.name ?? []));
}
