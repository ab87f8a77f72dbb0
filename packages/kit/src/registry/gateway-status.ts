import { z } from "zod";

/** How many routes and warnings one gateway tells of; busy ones first. */
export const MAX_STATUS_ROUTES = 500;
export const MAX_STATUS_WARNINGS = 100;

const Count = z.number().int().min(0);

export const StatusTarget = z.object({
  instance: z.string().max(64),
  address: z.string().max(300),
  state: z.enum(["ready", "draining"]),
  /** Passed over for a while since it failed. */
  isEjected: z.boolean(),
  /** Known from the saved table only; nothing has shown yet that it runs. */
  isRestored: z.boolean(),
  outstanding: Count,
  weight: Count,
});

/** Counts since the gateway started. `id`: an app or a workload; null for what no route answered. */
export const RouteStatus = z.object({
  kind: z.enum(["app", "workload", "gateway"]),
  id: z.string().max(64).nullable(),
  /** Path prefixes of an app, hosts of a workload. */
  addresses: z.array(z.string().max(260)).max(64),
  targets: z.array(StatusTarget).max(256),
  requests: Count,
  /** By class: 1xx to 5xx. */
  classes: z.tuple([Count, Count, Count, Count, Count]),
  /** Given up by the client, and broken off by the upstream. */
  aborted: Count,
  cut: Count,
  tunnels: Count,
  bytesIn: Count,
  bytesOut: Count,
  /** Time to the head of the answer, of requests in the last minute or so; null without any. */
  p50Ms: z.number().min(0).nullable(),
  p99Ms: z.number().min(0).nullable(),
});

export const StatusWarning = z.object({
  kind: z.enum(["refused", "invalid", "certificate", "policy", "valkey", "restored"]),
  /** The prefix, host, key or name it is about. */
  subject: z.string().max(300),
  detail: z.string().max(500),
});

export const StatusCertificate = z.object({
  names: z.array(z.string().max(253)).max(100),
  source: z.string().max(300),
  expiresAt: z.iso.datetime(),
});

/** One request as the access log has it. Paths are without their query, which may carry secrets. */
export const LoggedRequest = z.object({
  at: z.iso.datetime(),
  requestId: z.string().max(64),
  route: z.string().max(64).nullable(),
  method: z.string().max(20),
  host: z.string().max(260),
  path: z.string().max(200),
  status: z.number().int().min(0).max(999),
  /** How it ended: answered, or what went wrong. */
  outcome: z.enum(["answered", "tunnel", "aborted", "cut"]),
  durationMs: z.number().min(0),
  bytesOut: Count,
  client: z.string().max(64),
});

/** What one gateway worker tells operators every few seconds. Lost with Valkey and back with the next write. */
export const GatewayStatus = z.object({
  schema: z.literal(1),
  instance: z.string().max(64),
  /** The process; several workers may share a machine. */
  hostname: z.string().max(255),
  pid: Count,
  worker: Count,
  version: z.string().max(60),
  startedAt: z.iso.datetime(),
  writtenAt: z.iso.datetime(),
  /** Of workload routes and of policies; gateways that differ for long have drifted apart. */
  revision: Count,
  policyRevision: Count,
  /** A hash of the whole table: equal tables have equal ones, whatever their revision. */
  tableHash: z.string().max(64),
  isValkeyUp: z.boolean(),
  isDraining: z.boolean(),
  connections: Count,
  requestsInFlight: Count,
  memoryBytes: Count,
  /** Requests per second over the last interval. */
  requestsPerSecond: z.number().min(0),
  routes: z.array(RouteStatus).max(MAX_STATUS_ROUTES),
  routeCount: Count,
  hostCount: Count,
  warnings: z.array(StatusWarning).max(MAX_STATUS_WARNINGS),
  warningCount: Count,
  certificates: z.array(StatusCertificate).max(200),
  /** The newest first: failures, and a sample of the rest. */
  requests: z.array(LoggedRequest).max(100),
});

export type StatusTarget = z.infer<typeof StatusTarget>;
export type RouteStatus = z.infer<typeof RouteStatus>;
export type StatusWarning = z.infer<typeof StatusWarning>;
export type StatusCertificate = z.infer<typeof StatusCertificate>;
export type LoggedRequest = z.infer<typeof LoggedRequest>;
export type GatewayStatus = z.infer<typeof GatewayStatus>;
