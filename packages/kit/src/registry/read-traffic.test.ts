import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type TestValkey, testValkey } from "../../test/valkey.ts";
import { TRAFFIC_LEASE_MS, trafficIndexKey, trafficKey } from "./keys.ts";
import { type GatewayTraffic, readWorkloadTraffic, trafficBetween } from "./read-traffic.ts";
import type { TrafficRecord } from "./traffic-record.ts";

const FIRST_START = "2026-01-01T00:00:00.000Z";
const SECOND_START = "2026-01-01T01:00:00.000Z";

type Counts = [requests: number, errors: number, failed: number];

const gateway = (
  instance: string,
  targets: Record<string, Counts>,
  rest: Partial<GatewayTraffic> = {},
): GatewayTraffic => ({
  instance,
  startedAt: FIRST_START,
  isStopped: false,
  unserved: 0,
  targets: Object.entries(targets).map(([replicaId, [requests, errors, failed]]) => ({
    replicaId,
    requests,
    errors,
    failed,
  })),
  ...rest,
});

type Case = {
  name: string;
  before: GatewayTraffic[];
  after: GatewayTraffic[];
  total: Counts;
  unserved?: number;
  byReplica: Record<string, Counts>;
  isComplete: boolean;
};

const CASES: Case[] = [
  {
    name: "what grew, by replica, summed over all gateways",
    before: [gateway("one", { a: [10, 2, 1] }, { unserved: 1 }), gateway("two", { a: [5, 0, 0], b: [1, 1, 1] })],
    after: [
      gateway("one", { a: [15, 3, 1], b: [2, 0, 0] }, { unserved: 4 }),
      gateway("two", { a: [6, 0, 0], b: [4, 2, 2] }),
    ],
    total: [11, 2, 1],
    unserved: 3,
    byReplica: { a: [6, 1, 0], b: [5, 1, 1] },
    isComplete: true,
  },
  {
    name: "nothing, where nothing is known and nothing was",
    before: [],
    after: [],
    total: [0, 0, 0],
    byReplica: {},
    isComplete: true,
  },
  {
    name: "a gateway that came counts from zero",
    before: [gateway("one", { a: [10, 0, 0] })],
    after: [gateway("one", { a: [12, 0, 0] }), gateway("two", { a: [7, 1, 1] }, { unserved: 2 })],
    total: [9, 1, 1],
    unserved: 2,
    byReplica: { a: [9, 1, 1] },
    isComplete: true,
  },
  {
    name: "a gateway that vanished takes what it had counted with it, and the rest stays right",
    before: [gateway("one", { a: [10, 0, 0] }), gateway("two", { a: [7, 1, 1] })],
    after: [gateway("one", { a: [12, 0, 0] })],
    total: [2, 0, 0],
    byReplica: { a: [2, 0, 0] },
    isComplete: false,
  },
  {
    name: "one that began anew counts from zero, also where it has more than before",
    before: [gateway("one", { a: [10, 5, 5] }, { unserved: 5 })],
    after: [gateway("one", { a: [30, 6, 5] }, { startedAt: SECOND_START, unserved: 6 })],
    total: [30, 6, 5],
    unserved: 6,
    byReplica: { a: [30, 6, 5] },
    isComplete: false,
  },
  {
    name: "one that stopped meanwhile has said all",
    before: [gateway("one", { a: [10, 0, 0] })],
    after: [gateway("one", { a: [13, 1, 1] }, { isStopped: true }), gateway("two", { a: [1, 0, 0] })],
    total: [4, 1, 1],
    byReplica: { a: [4, 1, 1] },
    isComplete: true,
  },
  {
    name: "one that had stopped before may be forgotten",
    before: [gateway("one", { a: [10, 3, 3] }, { isStopped: true }), gateway("two", { a: [1, 0, 0] })],
    after: [gateway("two", { a: [2, 0, 0] })],
    total: [1, 0, 0],
    byReplica: { a: [1, 0, 0] },
    isComplete: true,
  },
  {
    name: "a replica that is forgotten had no more requests",
    before: [gateway("one", { a: [10, 3, 3], b: [1, 0, 0] })],
    after: [gateway("one", { b: [2, 0, 0] })],
    total: [1, 0, 0],
    byReplica: { b: [1, 0, 0] },
    isComplete: true,
  },
  {
    name: "counts of snapshots in the wrong order are not negative",
    before: [gateway("one", { a: [10, 3, 3] }, { unserved: 3 })],
    after: [gateway("one", { a: [8, 2, 2] }, { unserved: 1 })],
    total: [0, 0, 0],
    byReplica: { a: [0, 0, 0] },
    isComplete: true,
  },
];

const toCounts = ([requests, errors, failed]: Counts) => ({ requests, errors, failed });

test.each(CASES)("between two snapshots: $name", ({ before, after, total, unserved = 0, byReplica, isComplete }) => {
  expect(trafficBetween({ gateways: before }, { gateways: after })).toEqual({
    ...toCounts(total),
    unserved,
    byReplica: new Map(Object.entries(byReplica).map(([replicaId, counts]) => [replicaId, toCounts(counts)])),
    isComplete,
  });
});

describe("a snapshot", () => {
  let valkey: TestValkey;
  beforeAll(async () => {
    valkey = await testValkey();
  });
  afterEach(() => valkey.flush());
  afterAll(() => valkey.close());

  const write = async (workloadId: string, traffic: GatewayTraffic, change: Partial<TrafficRecord> = {}) => {
    const record = { schema: 1, workloadId, ...traffic, ...change };
    await valkey.redis.zadd(trafficIndexKey(workloadId), Date.now(), traffic.instance);
    const key = trafficKey(workloadId, traffic.instance);
    await valkey.redis.set(key, JSON.stringify(record), "PX", TRAFFIC_LEASE_MS);
  };

  test("has all gateways of the workload, and of no other", async () => {
    const [one, two] = [gateway("one", { a: [1, 1, 0] }), gateway("two", { a: [2, 0, 0], b: [3, 0, 0] })];
    await write("shop", one);
    await write("shop", two);
    await write("blog", gateway("one", { c: [9, 9, 9] }));
    const { gateways } = await readWorkloadTraffic(valkey.redis, "shop");
    expect(gateways.toSorted((a, b) => (a.instance < b.instance ? -1 : 1))).toEqual([one, two]);
  });

  test("has none when nobody tells of the workload", async () => {
    expect(await readWorkloadTraffic(valkey.redis, "shop")).toEqual({ gateways: [] });
  });

  test("has none whose record is gone, is broken or is about something else", async () => {
    await write("shop", gateway("gone", { a: [1, 0, 0] }));
    await valkey.redis.del(trafficKey("shop", "gone"));
    await write("shop", gateway("negative", { a: [-1, 0, 0] }));
    await write("shop", gateway("other", { a: [1, 0, 0] }), { workloadId: "blog" });
    await write("shop", gateway("no-json", {}));
    await valkey.redis.set(trafficKey("shop", "no-json"), "{");
    const sound = gateway("sound", { a: [1, 0, 0] });
    await write("shop", sound);
    expect(await readWorkloadTraffic(valkey.redis, "shop")).toEqual({ gateways: [sound] });
  });
});
