import { expect, test } from "bun:test";
import { appKey } from "@homeport/kit/registry/keys.ts";
import { LEASE_MS } from "@homeport/kit/registry/record.ts";
import { appRecord } from "../test/records.ts";
import { AppLeases, type SeenApp } from "./leases.ts";

const STEP_MS = 5_000;

function setUp() {
  const clock = { now: 1_000_000 };
  const leases = new AppLeases(() => clock.now);
  /** Polls as the watcher does, with the same records each time, until the time is over. */
  const poll = (ms: number, seen: SeenApp[]) => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      clock.now += Math.min(left, STEP_MS);
      leases.observe(seen);
    }
  };
  return { clock, leases, poll, ids: () => leases.live().map(({ record }) => record.instance) };
}

function seen(instance: string, beat = 0, ttlMs: number | null = LEASE_MS): SeenApp {
  const renewedAt = new Date(beat).toISOString();
  const record = appRecord({ id: "app", baseUrl: "unix:/x", routes: ["/x"], instance, renewedAt });
  return { key: appKey("app", instance), record, ttlMs };
}

test("an instance lives for a lease after its last beat, counted from when the beat happened", () => {
  const { leases, poll, ids } = setUp();
  leases.observe([seen("fresh"), seen("half", 0, LEASE_MS / 2)]);
  poll(LEASE_MS / 2 - 1, []);
  expect(ids()).toEqual(["fresh", "half"]);
  poll(1, []);
  expect(ids()).toEqual(["fresh"]);
  poll(LEASE_MS / 2 - 1, []);
  expect(ids()).toEqual(["fresh"]);
  expect(leases.untilExpiryMs()).toBe(1);
  poll(1, []);
  expect(ids()).toEqual([]);
});

test("a new beat renews, the same beat seen again does not", () => {
  const { leases, poll, ids } = setUp();
  leases.observe([seen("a", 1), seen("b", 1)]);
  poll(LEASE_MS - 1, [seen("a", 2), seen("b", 1)]);
  poll(1, [seen("a", 2), seen("b", 1)]);
  expect(ids()).toEqual(["a"]);
  poll(LEASE_MS, [seen("b", 1)]);
  expect(ids()).toEqual([]); // a key that never expires doesn't bring its instance back either
  poll(1, [seen("b", 2)]);
  expect(ids()).toEqual(["b"]);
});

test("time in which Valkey could not be read, or this process stood still, does not count", () => {
  const { clock, leases, poll, ids } = setUp();
  leases.observe([seen("a")]);
  leases.interrupt();
  clock.now += 10 * LEASE_MS;
  expect(leases.untilExpiryMs()).toBeNull();
  leases.observe([]);
  expect(ids()).toEqual(["a"]);
  clock.now += 10 * LEASE_MS;
  leases.observe([]);
  expect(ids()).toEqual(["a"]);
  poll(LEASE_MS, []);
  expect(ids()).toEqual([]);
});

test("restored instances wait for the first read and then have one lease to show up", () => {
  const { clock, leases, poll, ids } = setUp();
  leases.restore([seen("one"), seen("two")]);
  clock.now += 10 * LEASE_MS;
  leases.observe([]);
  expect(ids()).toEqual(["one", "two"]);
  poll(LEASE_MS - 1, []);
  leases.observe([seen("two", 1), seen("one", 1)]);
  expect(ids()).toEqual(["one", "two"]);
  poll(LEASE_MS, [seen("two", 2)]);
  expect(ids()).toEqual(["two"]);
});

test("a restored instance gives way to one of its app that is there and ready", () => {
  const { leases, ids } = setUp();
  leases.restore([seen("old")]);
  const fresh = seen("new", 1);
  leases.observe([{ ...fresh, record: { ...fresh.record, state: "starting" } }]);
  expect(ids()).toEqual(["new", "old"]);
  expect(leases.restored()).toEqual(new Set(["old"]));
  leases.observe([fresh]);
  expect(ids()).toEqual(["new"]);
  leases.observe([fresh, seen("old", 2)]);
  expect(ids()).toEqual(["new", "old"]);
});

test("who left stays gone, even when its record is read once more", () => {
  const { leases, poll, ids } = setUp();
  leases.observe([seen("a"), seen("b")]);
  expect(leases.leave(appKey("app", "a"))).toBe(true);
  expect(leases.leave(appKey("app", "nobody"))).toBe(false);
  leases.observe([seen("a"), seen("b")]);
  poll(LEASE_MS / 2, [seen("a", 5), seen("b", 5)]);
  expect(ids()).toEqual(["b"]);
});

test("a state change counts although the beat is the same", () => {
  const { leases } = setUp();
  const before = seen("a");
  leases.observe([before]);
  leases.observe([{ ...before, record: { ...before.record, state: "draining" } }]);
  expect(leases.live()[0]?.record.state).toBe("draining");
});
