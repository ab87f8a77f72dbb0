import { GatewayStatus, type LoggedRequest, type RouteStatus } from "@homeport/kit/registry/gateway-status.ts";
import { GATEWAY_LEASE_MS, gatewayStatusKey } from "@homeport/kit/registry/keys.ts";
import type { Redis } from "@homeport/kit/valkey.ts";

/** A report of a gateway worker; every field can be another. */
export const reportOf = (instance: string, fields: Partial<GatewayStatus> = {}): GatewayStatus => {
  const routes = fields.routes ?? [];
  return GatewayStatus.parse({
    schema: 1,
    instance,
    hostname: "harbour-1",
    pid: 4711,
    worker: 0,
    version: "0.1.0",
    startedAt: new Date(Date.now() - 3 * 60 * 60 * 1000).toISOString(),
    writtenAt: new Date().toISOString(),
    revision: 7,
    policyRevision: 3,
    tableHash: "aaaaaaaabbbbbbbb",
    isValkeyUp: true,
    isDraining: false,
    connections: 12,
    requestsInFlight: 2,
    memoryBytes: 48 * 1024 * 1024,
    requestsPerSecond: 3.5,
    routes,
    routeCount: routes.length,
    hostCount: 0,
    warnings: [],
    warningCount: fields.warnings?.length ?? 0,
    certificates: [],
    requests: [],
    ...fields,
  });
};

export const routeOf = (id: string | null, fields: Partial<RouteStatus> = {}): RouteStatus => ({
  kind: "app",
  id,
  addresses: [`/${id}`],
  targets: [],
  requests: 0,
  classes: [0, 0, 0, 0, 0],
  aborted: 0,
  cut: 0,
  tunnels: 0,
  bytesIn: 0,
  bytesOut: 0,
  p50Ms: null,
  p99Ms: null,
  ...fields,
});

export const targetOf = (instance: string, fields: Partial<RouteStatus["targets"][number]> = {}) => ({
  instance,
  address: "unix:/run/homeport/app.sock",
  state: "ready" as const,
  isEjected: false,
  isRestored: false,
  outstanding: 0,
  weight: 100,
  ...fields,
});

export const requestOf = (requestId: string, fields: Partial<LoggedRequest> = {}): LoggedRequest => ({
  at: new Date().toISOString(),
  requestId,
  route: null,
  method: "GET",
  host: "shop.localhost",
  path: "/",
  status: 200,
  outcome: "answered",
  durationMs: 12,
  bytesOut: 2048,
  client: "203.0.113.9",
  ...fields,
});

/** Writes reports as gateways do. */
export const report = async (valkey: Redis, ...statuses: GatewayStatus[]): Promise<void> => {
  for (const status of statuses)
    await valkey.set(gatewayStatusKey(status.instance), JSON.stringify(status), "PX", GATEWAY_LEASE_MS * 20);
};
