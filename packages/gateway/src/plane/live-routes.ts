import type { RouteStats } from "../observe/route-stats.ts";
import type { RouteCounts, TargetCounts } from "../observe/traffic-counts.ts";
import type { Route } from "../table.ts";
import type { Target } from "../target.ts";
import type { PlaneContext } from "./plane-context.ts";
import { Upstream } from "./upstream.ts";

/** A route of the table with what is alive of it: its ready targets' connections, and its counts. */
export type LiveRoute = {
  readonly route: Route;
  readonly upstreams: readonly Upstream[];
  readonly stats: RouteStats;
  readonly counts: RouteCounts;
};

/** Who keeps the counts. The same route, and the same target of it, have the same ones in table after table. */
export type RouteCounting = {
  statsOf(route: Route): RouteStats;
  countsOf(route: Route): RouteCounts;
  targetCountsOf(route: Route, target: Target): TargetCounts;
};

/** Joins the table, which is data and replaced whole, with connections and counts, which outlive it. */
export class LiveRoutes {
  private readonly upstreams = new Map<string, Upstream>();
  private live = new Map<Route, LiveRoute>();

  constructor(
    private readonly context: PlaneContext,
    private readonly counting: RouteCounting,
  ) {}

  of(route: Route): LiveRoute {
    let live = this.live.get(route);
    if (live === undefined) {
      const now = this.context.now();
      live = {
        route,
        upstreams: route.ready.map((target) => this.upstreamOf(route, target, now)),
        stats: this.counting.statsOf(route),
        counts: this.counting.countsOf(route),
      };
      this.live.set(route, live);
    }
    return live;
  }

  /** A new table is served. Targets that are ready in none of its routes finish what they have; `ready` are the keys. */
  retain(ready: ReadonlySet<string>): void {
    this.live = new Map();
    const now = this.context.now();
    for (const [key, upstream] of this.upstreams) if (!ready.has(key)) upstream.retire(now);
    this.forgetRetired();
  }

  find(key: string): Upstream | undefined {
    return this.upstreams.get(key);
  }

  closeIdle(now: number): void {
    for (const upstream of this.upstreams.values()) upstream.closeIdle(now);
    this.forgetRetired();
  }

  get hasIdle(): boolean {
    for (const upstream of this.upstreams.values()) if (upstream.idleCount > 0) return true;
    return false;
  }

  closeAll(): void {
    for (const upstream of this.upstreams.values()) upstream.retire(this.context.now());
  }

  /** They are kept for as long as something runs on them, to be shown. */
  private forgetRetired(): void {
    for (const [key, upstream] of this.upstreams) {
      if (upstream.isRetired && upstream.outstanding === 0) this.upstreams.delete(key);
    }
  }

  private upstreamOf(route: Route, target: Target, now: number): Upstream {
    let upstream = this.upstreams.get(target.key);
    if (upstream === undefined || upstream.isRetired) {
      upstream = new Upstream(target, this.context, now, this.counting.targetCountsOf(route, target));
      this.upstreams.set(target.key, upstream);
    }
    upstream.weight = target.weight;
    return upstream;
  }
}
