import {
  type GatewayStatus,
  MAX_STATUS_ROUTES,
  MAX_STATUS_WARNINGS,
  type RouteStatus,
  type StatusCertificate,
  type StatusTarget,
  type StatusWarning,
} from "@homeport/kit/registry/gateway-status.ts";
import type { LiveRoutes } from "../plane/live-routes.ts";
import type { Invalid } from "../snapshot.ts";
import type { Route, RouteTable } from "../table.ts";
import { formatAddress, type Target } from "../target.ts";
import type { CertificateListing } from "../tls/certificate-store.ts";
import type { Observer } from "./observer.ts";
import { RouteStats } from "./route-stats.ts";

const LOGGED_REQUESTS = 100;
const MAX_TARGETS = 256;
const MAX_ADDRESSES = 64;
const MAX_CERTIFICATES = 200;

/** What a status is made of besides the counts. */
export type StatusSource = {
  readonly table: RouteTable;
  readonly live: LiveRoutes;
  readonly observer: Observer;
  readonly invalid: readonly Invalid[];
  /** Instances known from the saved table only. */
  readonly restored: ReadonlySet<string>;
  readonly certificates: readonly CertificateListing[];
  readonly now: number;
};

/** What a process knows of itself. */
export type GatewayFacts = Pick<
  GatewayStatus,
  | "instance"
  | "hostname"
  | "pid"
  | "worker"
  | "version"
  | "startedAt"
  | "tableHash"
  | "isValkeyUp"
  | "isDraining"
  | "connections"
>;

/** The whole status; `sinceMs` after the one before. */
export function describeGateway(source: StatusSource, sinceMs: number, facts: GatewayFacts): GatewayStatus {
  const { table, observer, certificates } = source;
  const rate = observer.takeNewRequests() / Math.max(1, sinceMs / 1_000);
  return {
    schema: 1,
    ...facts,
    writtenAt: new Date().toISOString(),
    revision: table.revision ?? 0,
    policyRevision: table.policyRevision ?? 0,
    memoryBytes: process.memoryUsage.rss(),
    requestsPerSecond: Math.round(rate * 10) / 10,
    ...describeRoutes(source),
    certificates: certificates.flatMap(toCertificate).slice(0, MAX_CERTIFICATES),
  };
}

function toCertificate({ names, source, id, notAfter }: CertificateListing): StatusCertificate[] {
  if (notAfter === null) return [];
  return [{ names: names.slice(0, 100), source: `${source}: ${id}`.slice(0, 300), expiresAt: notAfter.toISOString() }];
}

/** The part of a status that comes from the table and the counts: routes, busy ones first, and what operators should know. */
function describeRoutes(
  source: StatusSource,
): Pick<
  GatewayStatus,
  "routes" | "routeCount" | "hostCount" | "warnings" | "warningCount" | "requests" | "requestsInFlight"
> {
  const { table, observer } = source;
  const served = addressesByRoute(table);
  const known = new Map(observer.all().map((stats) => [statsKey(stats.kind, stats.id), stats]));
  const routes = Array.from(served, ([route, addresses]) =>
    toStatus(
      source,
      route,
      addresses,
      known.get(statsKey(route.kind, route.id)) ?? new RouteStats(route.kind, route.id),
    ),
  );
  routes.push(ofNoRoute(observer.gatewayStats, source.now));
  const warnings = warningsOf(source);
  return {
    routes: routes.toSorted((a, b) => b.requests - a.requests).slice(0, MAX_STATUS_ROUTES),
    routeCount: served.size,
    hostCount: table.hosts.length,
    warnings: warnings.slice(0, MAX_STATUS_WARNINGS),
    warningCount: warnings.length,
    requests: observer.accessLog.latest(LOGGED_REQUESTS),
    requestsInFlight: observer.all().reduce((sum, { inFlight }) => sum + inFlight, 0),
  };
}

const statsKey = (kind: string, id: string | null): string => `${kind} ${id}`;

/** An app has a route object for each of its prefixes; they are one to operators. */
function addressesByRoute(table: RouteTable): Map<Route, string[]> {
  const byKey = new Map<string, { route: Route; addresses: string[] }>();
  const add = (route: Route, address: string) => {
    const key = statsKey(route.kind, route.id);
    const entry = byKey.get(key);
    if (entry === undefined) byKey.set(key, { route, addresses: [address] });
    else if (entry.addresses.length < MAX_ADDRESSES) entry.addresses.push(address);
  };
  for (const { prefix, route } of table.prefixes) add(route, prefix);
  for (const { host, route } of table.hosts) add(route, host);
  return new Map(Array.from(byKey.values(), ({ route, addresses }) => [route, addresses]));
}

function toStatus(source: StatusSource, route: Route, addresses: string[], stats: RouteStats): RouteStatus {
  const target =
    (state: StatusTarget["state"]) =>
    ({ key, instance, address, weight }: Target): StatusTarget => {
      const upstream = source.live.find(key);
      return {
        instance,
        address: formatAddress(address).slice(0, 300),
        state,
        isEjected: upstream?.isEjected(source.now) ?? false,
        isRestored: source.restored.has(instance),
        outstanding: upstream?.outstanding ?? 0,
        weight,
      };
    };
  const targets = [...route.ready.map(target("ready")), ...route.draining.map(target("draining"))];
  return { ...counts(stats, source.now), addresses, targets: targets.slice(0, MAX_TARGETS) };
}

function counts(stats: RouteStats, now: number): Omit<RouteStatus, "addresses" | "targets"> {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = stats.classes;
  return {
    kind: stats.kind,
    id: stats.id,
    requests: stats.requests,
    classes: [first, second, third, fourth, fifth],
    aborted: stats.aborted,
    cut: stats.cut,
    tunnels: stats.tunnels,
    bytesIn: stats.bytesIn,
    bytesOut: stats.bytesOut,
    p50Ms: stats.latency.percentile(0.5, now),
    p99Ms: stats.latency.percentile(0.99, now),
  };
}

const ofNoRoute = (stats: RouteStats, now: number): RouteStatus => ({
  ...counts(stats, now),
  addresses: [],
  targets: [],
});

function warningsOf({ table, invalid, restored, certificates }: StatusSource): StatusWarning[] {
  return [
    ...table.refused.map(
      ({ kind, value, claimant, keeper, reason }): StatusWarning => ({
        kind: kind === "policy" ? "policy" : "refused",
        subject: value.slice(0, 300),
        detail: (keeper === null ? `${claimant}: ${reason}` : `${claimant}: ${reason}, ${keeper} has it`).slice(0, 500),
      }),
    ),
    ...invalid.map(
      ({ key, reason }): StatusWarning => ({
        kind: "invalid",
        subject: key.slice(0, 300),
        detail: reason.slice(0, 500),
      }),
    ),
    ...certificates.flatMap(({ id, problem }): StatusWarning[] =>
      problem === null ? [] : [{ kind: "certificate", subject: id.slice(0, 300), detail: problem.slice(0, 500) }],
    ),
    ...Array.from(
      restored,
      (instance): StatusWarning => ({
        kind: "restored",
        subject: instance,
        detail: "Known from the saved table only; it has not announced itself since this gateway started.",
      }),
    ),
  ];
}
