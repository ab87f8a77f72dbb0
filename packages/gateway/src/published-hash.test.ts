import { expect, test } from "bun:test";
import { LEASE_MS } from "@homeport/kit/registry/record.ts";
import { workload } from "../test/records.ts";
import type { RegistryReader } from "./ports.ts";
import { PublishedHash } from "./published-hash.ts";
import { type HashSnapshot, readHash, WORKLOADS } from "./snapshot.ts";

const one = workload(["one.localhost"], []);
const two = workload(["two.localhost"], []);

/** A registry with this hash, which counts how often it was read whole. */
function registryWith(hash: Record<string, string>): RegistryReader & { wholeReads: number } {
  return {
    wholeReads: 0,
    readApps: async () => [],
    readMeta: async () => ({ meta: hash._meta ?? null, fieldCount: Object.keys(hash).length }),
    async readHash() {
      this.wholeReads++;
      return hash;
    },
  };
}

const meta = (revision: number, count: number) => JSON.stringify({ revision, count });
const hashOf = (revision: number, ...routes: (typeof one)[]) => ({
  _meta: meta(revision, routes.length),
  ...Object.fromEntries(routes.map((route) => [route.workloadId, JSON.stringify(route)])),
});

async function snapshotOf(hash: Record<string, string>, previous: HashSnapshot<typeof one> | null = null) {
  const read = await readHash(registryWith(hash), WORKLOADS, previous, true);
  if (read.kind !== "whole") throw new Error(`Expected a whole snapshot, got ${read.kind}.`);
  return read.snapshot;
}

test("the same revision is not read whole again, unless asked to be thorough or fields are missing", async () => {
  const snapshot = await snapshotOf(hashOf(1, one, two));
  const registry = registryWith(hashOf(1, one, two));
  expect(await readHash(registry, WORKLOADS, snapshot, false)).toEqual({ kind: "same" });
  expect(registry.wholeReads).toBe(0);
  expect(await readHash(registry, WORKLOADS, snapshot, true)).toMatchObject({ kind: "whole" });
  expect(registry.wholeReads).toBe(1);
  const lossy = registryWith({ ...hashOf(1, one), _meta: meta(1, 2) });
  expect(await readHash(lossy, WORKLOADS, snapshot, false)).toMatchObject({ kind: "incomplete" });
});

test("an unreadable new version of a workload leaves its good one in place", async () => {
  const before = await snapshotOf(hashOf(1, one, two));
  const broken = { ...hashOf(2, one, two), [one.workloadId]: JSON.stringify({ ...one, targets: "none" }) };
  const after = await snapshotOf(broken, before);
  expect(after.revision).toBe(2);
  expect(after.entries.get(one.workloadId)?.record).toEqual(one);
  expect(after.invalid).toMatchObject([{ key: one.workloadId, reason: expect.stringContaining("targets") }]);
  expect((await snapshotOf(broken)).entries.has(one.workloadId)).toBe(false);
});

test("an older revision is taken only when nobody corrects it for a lease", async () => {
  const clock = { now: 0 };
  const routes = new PublishedHash<typeof one>(() => clock.now);
  const consider = async (hash: Record<string, string>) =>
    routes.consider({ kind: "whole", snapshot: await snapshotOf(hash) });
  expect(await consider(hashOf(5, one))).toBeNull();
  expect(await consider(hashOf(3, two))).toContain("older");
  clock.now += LEASE_MS - 1;
  expect(await consider(hashOf(3, two))).toContain("older");
  expect(await consider(hashOf(6, one))).toBeNull();
  clock.now += 1;
  expect(await consider(hashOf(3, two))).toContain("older");
  clock.now += LEASE_MS - 1;
  expect(routes.consider({ kind: "incomplete", reason: "half" })).toBe("half"); // somebody is at work: it starts anew
  expect(await consider(hashOf(3, two))).toContain("older");
  clock.now += LEASE_MS;
  expect(await consider(hashOf(3, two))).toBeNull();
  expect(routes.records()).toEqual([two]);
});
