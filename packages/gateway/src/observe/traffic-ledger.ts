import { MAX_TRAFFIC_WORKLOADS } from "@homeport/kit/registry/traffic-record.ts";
import type { Route, RouteTable } from "../table.ts";
import type { Target } from "../target.ts";
import { RouteCounts, TargetCounts } from "./traffic-counts.ts";
import { WorkloadTraffic } from "./workload-traffic.ts";

/**
 * What is counted for each replica of a workload, and which workloads are told of: those whose route changed lately, has
 * several targets, or has a weight. A workload that was not told of counts from zero when it is.
 */
export class TrafficLedger {
  private readonly workloads = new Map<string, WorkloadTraffic>();
  private isTelling: WorkloadTraffic[] = [];

  /** `now`: monotonic milliseconds. `maxTold`: how many workloads are told of, those that changed last first. */
  constructor(
    private readonly now: () => number,
    private readonly maxTold = MAX_TRAFFIC_WORKLOADS,
  ) {}

  /** Those that are told of. */
  get told(): readonly WorkloadTraffic[] {
    return this.isTelling;
  }

  countsOf(route: Route): RouteCounts {
    return route.kind === "workload" ? this.workloadOf(route.id).counts : new RouteCounts();
  }

  targetCountsOf(route: Route, { instance }: Target): TargetCounts {
    return route.kind === "workload" ? this.workloadOf(route.id).countsOf(instance) : new TargetCounts();
  }

  /** Another table is served; called before a request is routed by it. */
  apply({ hosts }: Pick<RouteTable, "hosts">): void {
    const now = this.now();
    const routes = new Map(hosts.map(({ route }) => [route.id, route]));
    for (const [id, workload] of this.workloads) if (!routes.has(id)) workload.follow(null, now);
    for (const [id, route] of routes) this.workloadOf(id).follow(route, now);
    this.select();
  }

  /** Chooses anew who is told of, and forgets what nobody needs. */
  select(): void {
    const now = this.now();
    const wanted = [...this.workloads.values()].filter((workload) => workload.isOfInterest(now));
    this.isTelling = wanted.toSorted((a, b) => b.changedAt - a.changedAt).slice(0, this.maxTold);
    const told = new Set(this.isTelling);
    for (const [id, workload] of this.workloads) {
      const isTold = told.has(workload);
      if (isTold && !workload.isTold) workload.begin();
      workload.isTold = isTold;
      workload.forgetGone(now);
      if (workload.isForgettable) this.workloads.delete(id);
    }
  }

  private workloadOf(id: string): WorkloadTraffic {
    let workload = this.workloads.get(id);
    if (workload === undefined) {
      workload = new WorkloadTraffic(id, this.now());
      this.workloads.set(id, workload);
    }
    return workload;
  }
}
