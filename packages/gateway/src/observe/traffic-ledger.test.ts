import { beforeEach, expect, test } from "bun:test";
import { MAX_TRAFFIC_TARGETS } from "@homeport/kit/registry/traffic-record.ts";
import { until } from "../../test/until.ts";
import type { Route } from "../table.ts";
import type { Target } from "../target.ts";
import { TrafficLedger } from "./traffic-ledger.ts";

const MINUTE_MS = 60_000;

let nowMs = 0;
let ledger: TrafficLedger;

beforeEach(() => {
  nowMs = 1_000_000;
  ledger = new TrafficLedger(() => nowMs, 3);
});

const target = (instance: string, weight = 100): Target => {
  const address = { kind: "tcp" as const, host: "127.0.0.1", port: 1 };
  return { key: instance, instance, address, weight };
};

const route = (id: string, ready: Target[], draining: Target[] = []): Route => ({
  kind: "workload",
  id,
  ready,
  draining,
});

function serve(...routes: Route[]): void {
  ledger.apply({ hosts: routes.map((each) => ({ host: `${each.id}.localhost`, route: each })) });
}

function later(minutes: number): void {
  nowMs += minutes * MINUTE_MS;
  ledger.select();
}

const told = () => ledger.told.map((workload) => workload.toRecord("gateway", false));
const toldIds = () => told().map(({ workloadId }) => workloadId);

test("a workload is told of for a quarter of an hour after its route changed", () => {
  serve(route("shop", [target("a")]));
  later(14);
  expect(toldIds()).toEqual(["shop"]);
  later(2);
  expect(toldIds()).toEqual([]);
  serve(route("shop", [target("b")]));
  expect(toldIds()).toEqual(["shop"]);
  later(14);
  serve(route("shop", [target("b")]), route("blog", [target("c")]));
  later(2);
  expect(toldIds()).toEqual(["blog"]); // that another one came is no change of its route
});

test.each([
  { name: "several targets", what: route("shop", [target("a"), target("b")]) },
  { name: "one that drains beside the one that is ready", what: route("shop", [target("a")], [target("b")]) },
  { name: "a weight", what: route("shop", [target("a", 10)]) },
])("a workload with $name is told of for as long as it has", ({ what }) => {
  serve(what);
  later(100);
  expect(toldIds()).toEqual(["shop"]);
});

test("a workload that was not told of counts from zero when it is, under another start", async () => {
  const quiet = route("shop", [target("a")]);
  serve(quiet);
  const first = told()[0]?.startedAt;
  later(20);
  const counts = ledger.targetCountsOf(quiet, target("a"));
  counts.requests = 1_000;
  counts.errors = 10;
  ledger.countsOf(quiet).unserved = 5;
  await until("the wall clock shows another time", () => new Date().toISOString() !== first);
  const changed = route("shop", [target("b")], [target("a")]);
  serve(changed);
  counts.requests++;
  expect(told()).toMatchObject([
    { unserved: 0, targets: [{ replicaId: "a", requests: 1, errors: 0, failed: 0 }, { replicaId: "b" }] },
  ]);
  expect(told()[0]?.startedAt).not.toBe(first);
});

test("a workload that is told of goes on counting when its route changes", () => {
  serve(route("shop", [target("a")]));
  const before = told()[0];
  ledger.targetCountsOf(route("shop", []), target("a")).requests = 7;
  serve(route("shop", [target("a"), target("b")]));
  expect(told()).toMatchObject([{ startedAt: before?.startedAt, targets: [{ replicaId: "a", requests: 7 }, {}] }]);
});

test("a replica that left is told of for a quarter of an hour, and counts on when it comes back", () => {
  const [stays, also] = [target("a"), target("b")];
  serve(route("shop", [stays, also, target("c")]));
  const counts = ledger.targetCountsOf(route("shop", []), target("c"));
  counts.requests = 3;
  serve(route("shop", [stays, also]));
  expect(counts.isGone).toBe(true);
  later(14);
  expect(told()[0]?.targets.map(({ replicaId }) => replicaId)).toEqual(["a", "b", "c"]);
  serve(route("shop", [stays, also, target("c")]));
  expect(counts.isGone).toBe(false);
  expect(ledger.targetCountsOf(route("shop", []), target("c"))).toBe(counts);
  serve(route("shop", [stays, also]));
  later(16);
  expect(told()[0]?.targets.map(({ replicaId }) => replicaId)).toEqual(["a", "b"]);
});

test("a replica that only drains is not gone", () => {
  serve(route("shop", [], [target("a")]));
  expect(ledger.targetCountsOf(route("shop", []), target("a")).isGone).toBe(false);
});

test("a workload that no table names is told of for a while, and then forgotten with its counts", () => {
  serve(route("shop", [target("a")]));
  const counts = ledger.targetCountsOf(route("shop", []), target("a"));
  counts.failed = 1;
  serve();
  expect(told()).toMatchObject([{ targets: [{ replicaId: "a", failed: 1 }] }]);
  later(16);
  expect(toldIds()).toEqual([]);
  serve(route("shop", [target("a")]));
  expect(ledger.targetCountsOf(route("shop", []), target("a"))).not.toBe(counts);
});

test("among too many workloads those are told of whose routes changed last", () => {
  const routes = ["a", "b", "c", "d"].map((id) => route(id, [target(`${id}1`), target(`${id}2`)]));
  for (let count = 1; count <= routes.length; count++) {
    serve(...routes.slice(0, count));
    nowMs++;
  }
  expect(toldIds()).toEqual(["d", "c", "b"]);
});

test("replicas that come and go without end are told of up to a bound, the present one among them", () => {
  for (let count = 0; count < MAX_TRAFFIC_TARGETS + 50; count++) serve(route("shop", [target(`replica-${count}`)]));
  const replicas = told()[0]?.targets.map(({ replicaId }) => replicaId) ?? [];
  expect(replicas).toHaveLength(MAX_TRAFFIC_TARGETS);
  expect(replicas).toContain(`replica-${MAX_TRAFFIC_TARGETS + 49}`);
});

test("apps are not told of", () => {
  const app: Route = { kind: "app", id: "auth", ready: [target("a")], draining: [] };
  ledger.targetCountsOf(app, target("a")).requests++;
  ledger.countsOf(app).unserved++;
  ledger.select();
  expect(toldIds()).toEqual([]);
});
