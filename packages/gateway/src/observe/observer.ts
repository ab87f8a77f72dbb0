import type { Failure } from "../failure.ts";
import { proxyLog } from "../log.ts";
import type { FinishedRequest, ProxyObserver } from "../proxy.ts";
import type { Route } from "../table.ts";
import { AccessLog } from "./access-log.ts";
import { RouteStats } from "./route-stats.ts";

/** Routes counted apart; further ones share one line, so that thousands of workloads can't grow the pages without end. */
const MAX_ROUTES = 500;

/** Everything that is counted about requests, since the process started. */
export class Observer implements ProxyObserver {
  readonly gatewayStats = new RouteStats("gateway", null);
  readonly accessLog = new AccessLog();
  readonly failures = new Map<Failure["kind"], number>();
  /** Of requests that ended. */
  requestCount = 0;
  retries = 0;
  uncaught = 0;
  private taken = 0;
  private readonly others = new RouteStats("gateway", "(other)");
  private readonly byRoute = new Map<string, RouteStats>();

  /** `isServed`: whether the table still has the route; those it has not make room when there is none. */
  constructor(private readonly isServed: (id: string) => boolean) {}

  statsOf({ kind, id }: Route): RouteStats {
    const key = `${kind} ${id}`;
    let stats = this.byRoute.get(key);
    if (stats !== undefined) return stats;
    if (this.byRoute.size >= MAX_ROUTES && !this.makeRoom()) return this.others;
    stats = new RouteStats(kind, id);
    this.byRoute.set(key, stats);
    return stats;
  }

  /** Of all routes that had a request, and of what no route answered. */
  all(): RouteStats[] {
    const shared = this.others.requests > 0 || this.others.inFlight > 0 ? [this.others] : [];
    return [...this.byRoute.values(), this.gatewayStats, ...shared];
  }

  /** How many requests ended since this was asked the last time. */
  takeNewRequests(): number {
    const added = this.requestCount - this.taken;
    this.taken = this.requestCount;
    return added;
  }

  finished(stats: RouteStats, request: FinishedRequest): void {
    this.requestCount++;
    this.accessLog.add(stats, request);
  }

  retried(): void {
    this.retries++;
  }

  failed(kind: Failure["kind"]): void {
    this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1);
  }

  caught(err: unknown): void {
    this.uncaught++;
    proxyLog.error({ err }, "a connection ended by a mistake of ours");
  }

  private makeRoom(): boolean {
    for (const [key, stats] of this.byRoute) {
      if (stats.inFlight === 0 && !this.isServed(stats.id ?? "")) this.byRoute.delete(key);
    }
    return this.byRoute.size < MAX_ROUTES;
  }
}
