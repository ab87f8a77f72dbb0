import type {
  GatewayStatus,
  LoggedRequest,
  RouteStatus,
  StatusCertificate,
  StatusTarget,
  StatusWarning,
} from "@homeport/kit/registry/gateway-status.ts";
import type { Drift } from "./drift.ts";

/** One process that serves requests, without what is merged over all of them. */
export type Worker = Omit<GatewayStatus, "schema" | "routes" | "warnings" | "certificates" | "requests"> & {
  drift: Drift | null;
};
/** `workers`: how many say the same. */
export type Told<T> = T & { workers: number };

/** What all workers report, as one. */
export type Traffic = {
  workers: Worker[];
  requestsPerSecond: number;
  connections: number;
  requestsInFlight: number;
  routes: RouteStatus[];
  routeCount: number;
  hostCount: number;
  warnings: Told<StatusWarning>[];
  warningCount: number;
  certificates: Told<StatusCertificate>[];
  requests: LoggedRequest[];
};

/** Sums what can be summed. Percentiles cannot be: the worst worker's stand for all. */
export const mergeStatuses = (statuses: readonly GatewayStatus[], drifts: ReadonlyMap<string, Drift>): Traffic => {
  const newestFirst = statuses.toSorted((a, b) => b.writtenAt.localeCompare(a.writtenAt));
  const sum = (of: (status: GatewayStatus) => number) => statuses.reduce((total, status) => total + of(status), 0);
  const most = (of: (status: GatewayStatus) => number) => Math.max(0, ...statuses.map(of));
  const warnings = countSame(newestFirst.flatMap((status) => status.warnings));
  return {
    workers: statuses.map((status) => toWorker(status, drifts.get(status.instance) ?? null)).toSorted(byPlace),
    requestsPerSecond: sum((status) => status.requestsPerSecond),
    connections: sum((status) => status.connections),
    requestsInFlight: sum((status) => status.requestsInFlight),
    routes: mergeRoutes(newestFirst.flatMap((status) => status.routes)),
    routeCount: most((status) => status.routeCount),
    hostCount: most((status) => status.hostCount),
    warnings,
    warningCount: Math.max(
      warnings.length,
      most((status) => status.warningCount),
    ),
    certificates: countSame(newestFirst.flatMap((status) => status.certificates)).toSorted((a, b) =>
      a.expiresAt.localeCompare(b.expiresAt),
    ),
    requests: statuses.flatMap((status) => status.requests).toSorted((a, b) => b.at.localeCompare(a.at)),
  };
};

const toWorker = (status: GatewayStatus, drift: Drift | null): Worker => {
  const {
    schema: _,
    routes: _routes,
    warnings: _warnings,
    certificates: _certificates,
    requests: _log,
    ...worker
  } = status;
  return { ...worker, drift };
};

const byPlace = (a: Worker, b: Worker): number =>
  a.hostname.localeCompare(b.hostname, "en") || a.worker - b.worker || a.instance.localeCompare(b.instance, "en");

/** Different things, each with how many of the list it stands for. */
const countSame = <T extends object>(list: readonly T[]): Told<T>[] => {
  const counted = Map.groupBy(list, (item) => JSON.stringify(item));
  return [...counted.values()].map((same) => ({ ...(same[0] as T), workers: same.length }));
};

/** `routes` of all workers, those of the newest report first. */
const mergeRoutes = (routes: readonly RouteStatus[]): RouteStatus[] => {
  const byRoute = Map.groupBy(routes, ({ kind, id }) => `${kind} ${id ?? ""}`);
  return [...byRoute.values()].map((same) => same.reduce(addRoute));
};

const addRoute = (a: RouteStatus, b: RouteStatus): RouteStatus => ({
  kind: a.kind,
  id: a.id,
  addresses: [...new Set([...a.addresses, ...b.addresses])],
  targets: mergeTargets([...a.targets, ...b.targets]),
  requests: a.requests + b.requests,
  classes: a.classes.map((count, index) => count + (b.classes[index] ?? 0)) as RouteStatus["classes"],
  aborted: a.aborted + b.aborted,
  cut: a.cut + b.cut,
  tunnels: a.tunnels + b.tunnels,
  bytesIn: a.bytesIn + b.bytesIn,
  bytesOut: a.bytesOut + b.bytesOut,
  p50Ms: worse(a.p50Ms, b.p50Ms),
  p99Ms: worse(a.p99Ms, b.p99Ms),
});

const worse = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));

const mergeTargets = (targets: readonly StatusTarget[]): StatusTarget[] => {
  const byTarget = Map.groupBy(targets, ({ instance, address }) => `${instance} ${address}`);
  return [...byTarget.values()].map((same) => same.reduce(addTarget));
};

/** One worker that has seen it run is enough; one that passes it over is worth knowing. */
const addTarget = (a: StatusTarget, b: StatusTarget): StatusTarget => ({
  ...a,
  isEjected: a.isEjected || b.isEjected,
  isRestored: a.isRestored && b.isRestored,
  outstanding: a.outstanding + b.outstanding,
});
