import { expect } from "bun:test";
import { readWorkloadTraffic, type TrafficSnapshot, trafficBetween } from "@homeport/kit/registry/read-traffic.ts";
import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Redis } from "ioredis";
import { until } from "./until.ts";

const NOTHING: TrafficSnapshot = { gateways: [] };

/** Of one target: requests, errors, failed. */
export type Counts = readonly [requests: number, errors: number, failed: number];

/** In the order of the route's targets, or in the order of their counts where chance decides which one is asked first. */
export type Told = { targets: readonly Counts[]; unserved?: number; inAnyOrder?: boolean };

/** Fails with the difference unless the gateways come to tell just this of the route's targets, from `before` on. */
export async function expectTold(redis: Redis, route: WorkloadRoute, told: Told, before = NOTHING): Promise<void> {
  const { targets, unserved = 0, inAnyOrder = false } = told;
  const expected = { targets: [...targets], unserved };
  const read = async () => {
    const sum = trafficBetween(before, await readWorkloadTraffic(redis, route.workloadId));
    const counts = route.targets.map(({ replicaId }): Counts => {
      const { requests, errors, failed } = sum.byReplica.get(replicaId) ?? { requests: 0, errors: 0, failed: 0 };
      return [requests, errors, failed];
    });
    return { targets: inAnyOrder ? counts.toSorted(byCounts) : counts, unserved: sum.unserved };
  };
  await until("it is told", async () => Bun.deepEquals(await read(), expected)).catch(() => undefined);
  expect(await read()).toEqual(expected);
}

const byCounts = (a: Counts, b: Counts): number => a.join().localeCompare(b.join());
