import { MAX_TRAFFIC_TARGETS, type TrafficRecord } from "@homeport/kit/registry/traffic-record.ts";
import type { Route } from "../table.ts";
import { type Target, USUAL_WEIGHT } from "../target.ts";
import { RouteCounts, TargetCounts } from "./traffic-counts.ts";

/** How long a workload whose route changed is told of, and a replica that left it. */
const CHANGED_MS = 15 * 60_000;

type Counted = { readonly counts: TargetCounts; goneAt: number | null };

/** The counts of one workload and its replicas. They outlive the table, and replicas that are gone from it. */
export class WorkloadTraffic {
  readonly counts = new RouteCounts();
  /** Whether it is among those that are told of; see TrafficLedger. */
  isTold = false;
  private startedAt = new Date();
  /** Null: no table names the workload. */
  private route: Route | null = null;
  private readonly targets = new Map<string, Counted>();

  /** `changedAt`: when its route changed last, by the monotonic clock. */
  constructor(
    private readonly workloadId: string,
    public changedAt: number,
  ) {}

  /** Of a target that its route names, or did. */
  countsOf(replicaId: string): TargetCounts {
    let target = this.targets.get(replicaId);
    if (target === undefined) {
      target = { counts: new TargetCounts(), goneAt: null };
      this.targets.set(replicaId, target);
    }
    return target.counts;
  }

  /** Another table is served. */
  follow(route: Route | null, now: number): void {
    if (!isSame(this.route, route)) this.changedAt = now;
    this.route = route;
    const named = targetsOf(route);
    for (const { instance } of named) this.countsOf(instance);
    const present = new Set(named.map(({ instance }) => instance));
    for (const [replicaId, target] of this.targets) {
      const isGone = !present.has(replicaId);
      target.goneAt = isGone ? (target.goneAt ?? now) : null;
      target.counts.isGone = isGone;
    }
  }

  /** Whether somebody may want to know: the route changed lately, or deals requests out among several, or by weight. */
  isOfInterest(now: number): boolean {
    if (now - this.changedAt < CHANGED_MS) return true;
    const targets = targetsOf(this.route);
    return targets.length > 1 || targets.some(({ weight }) => weight !== USUAL_WEIGHT);
  }

  get isForgettable(): boolean {
    return this.route === null && !this.isTold;
  }

  /** Counts from zero: what was before was told to nobody, and would look as if it had happened just now. */
  begin(): void {
    this.startedAt = new Date();
    this.counts.unserved = 0;
    for (const { counts } of this.targets.values()) counts.reset();
  }

  /** Leaves out replicas that went long ago, and when there are too many, whatever went. */
  forgetGone(now: number): void {
    for (const [replicaId, { goneAt }] of this.targets) {
      if (goneAt === null) continue;
      if (now - goneAt > CHANGED_MS || this.targets.size > MAX_TRAFFIC_TARGETS) this.targets.delete(replicaId);
    }
  }

  /** Another one means that there is something to tell. */
  mark(): string {
    let sum = this.counts.unserved;
    for (const { counts } of this.targets.values()) sum += counts.requests + counts.errors + counts.failed;
    return `${this.startedAt.getTime()} ${this.targets.size} ${sum}`;
  }

  toRecord(instance: string, isStopped: boolean): TrafficRecord {
    const targets = Array.from(this.targets, ([replicaId, { counts }]) => ({
      replicaId,
      requests: counts.requests,
      errors: counts.errors,
      failed: counts.failed,
    }));
    return {
      schema: 1,
      workloadId: this.workloadId,
      instance,
      startedAt: this.startedAt.toISOString(),
      isStopped,
      unserved: this.counts.unserved,
      targets: targets.slice(0, MAX_TRAFFIC_TARGETS),
    };
  }
}

const targetsOf = (route: Route | null): readonly Target[] =>
  route === null ? [] : [...route.ready, ...route.draining];

/** Whether both deal requests out alike. */
function isSame(a: Route | null, b: Route | null): boolean {
  if (a === null || b === null) return a === b;
  return areSame(a.ready, b.ready) && areSame(a.draining, b.draining);
}

const areSame = (a: readonly Target[], b: readonly Target[]): boolean =>
  a.length === b.length &&
  a.every((target, index) => target.key === b[index]?.key && target.weight === b[index]?.weight);
