import type { Redis } from "ioredis";
import { trafficIndexKey, trafficKey } from "./keys.ts";
import { parseJson } from "./scan-records.ts";
import { type TargetTraffic, TrafficRecord } from "./traffic-record.ts";

/** What one gateway process has counted for a workload since `startedAt`. */
export type GatewayTraffic = Pick<TrafficRecord, "instance" | "startedAt" | "isStopped" | "unserved" | "targets">;

/** Empty while no gateway tells of the workload: its route has been the same for long, and it has one replica. */
export type TrafficSnapshot = { gateways: GatewayTraffic[] };

export type TrafficCounts = Pick<TargetTraffic, "requests" | "errors" | "failed">;

/** Sums over all gateways. */
export type TrafficDifference = TrafficCounts & {
  byReplica: Map<string, TrafficCounts>;
  /** Requests without any replica to go to. Clients noticed `failed + unserved`. */
  unserved: number;
  /** False when a gateway that was there is gone without a last word, or began anew: there may have been more. */
  isComplete: boolean;
};

/**
 * What the gateways say now of a workload; each tells within about a second of what happens. A gateway that is killed is
 * part of it for up to TRAFFIC_LEASE_MS more, with what it told last.
 *
 * @throws what the connection throws while Valkey is away
 */
export const readWorkloadTraffic = async (valkey: Redis, workloadId: string): Promise<TrafficSnapshot> => {
  const instances = await valkey.zrange(trafficIndexKey(workloadId), 0, "-1");
  if (instances.length === 0) return { gateways: [] };
  const values = await valkey.mget(instances.map((instance) => trafficKey(workloadId, instance)));
  const gateways = values.flatMap((value) => {
    const record = value === null ? null : TrafficRecord.safeParse(parseJson(value));
    if (record?.success !== true || record.data.workloadId !== workloadId) return [];
    const { instance, startedAt, isStopped, unserved, targets } = record.data;
    return [{ instance, startedAt, isStopped, unserved, targets }];
  });
  return { gateways };
};

/** What happened between two snapshots of one workload. A gateway that is only in the second one counted from zero. */
export const trafficBetween = (before: TrafficSnapshot, after: TrafficSnapshot): TrafficDifference => {
  const sum: TrafficDifference = {
    ...nothing(),
    byReplica: new Map(),
    unserved: 0,
    isComplete: before.gateways.every((gateway) => gateway.isStopped || sameCount(after, gateway) !== undefined),
  };
  for (const gateway of after.gateways) {
    const base = sameCount(before, gateway);
    sum.unserved += grown(gateway.unserved, base?.unserved);
    const bases = new Map(base?.targets.map((target) => [target.replicaId, target]));
    for (const target of gateway.targets) add(sum, target, bases.get(target.replicaId));
  }
  return sum;
};

/** The same process, counting from the same moment. */
const sameCount = (
  { gateways }: TrafficSnapshot,
  { instance, startedAt }: GatewayTraffic,
): GatewayTraffic | undefined =>
  gateways.find((gateway) => gateway.instance === instance && gateway.startedAt === startedAt);

const add = (sum: TrafficDifference, target: TargetTraffic, base: TargetTraffic | undefined): void => {
  const replica = sum.byReplica.get(target.replicaId) ?? nothing();
  sum.byReplica.set(target.replicaId, replica);
  for (const kind of ["requests", "errors", "failed"] as const) {
    const count = grown(target[kind], base?.[kind]);
    replica[kind] += count;
    sum[kind] += count;
  }
};

/** Counts don't fall; snapshots that were read in the other order did. */
const grown = (now: number, before = 0): number => Math.max(0, now - before);

const nothing = (): TrafficCounts => ({ requests: 0, errors: 0, failed: 0 });
