import { expect, test } from "bun:test";
import type { Address, DesiredReplica } from "@homeport/clusters/contract.ts";
import { foundOf, replicaOf } from "../../test/replica.ts";
import type { EngineReplica } from "../ports.ts";
import { namedServices } from "./named-services.ts";

const old = replicaOf({ reference: "x:1" }, { restart: "always" });
const next: DesiredReplica = {
  ...replicaOf({ reference: "x:2" }),
  workloadId: old.workloadId,
  networkId: old.projectId,
  releaseNumber: 2,
  port: 4000,
};
const addressOf = (replica: DesiredReplica) => ({ host: "127.0.0.1", port: replica === old ? 20_001 : 20_002 });
const find = (id: string): EngineReplica => {
  const replica = id === old.id ? old : next;
  const state = { kind: "running", startedAt: new Date(0), address: addressOf(replica) } as const;
  return foundOf(replica, state);
};

test.each<{ name: string; ready: DesiredReplica[]; targets: Address[] }>([
  { name: "only the serving one is ready", ready: [old], targets: [addressOf(old)] },
  { name: "a candidate is ready too, but does not serve yet", ready: [old, next], targets: [addressOf(old)] },
  { name: "the first release of a service has only a candidate", ready: [next], targets: [addressOf(next)] },
  { name: "nobody is ready", ready: [], targets: [] },
])("$name", ({ ready, targets }) => {
  const [service] = namedServices([old, next], find, (id) => ready.some((replica) => replica.id === id));
  expect(service).toEqual({
    workloadId: old.workloadId,
    networkId: old.projectId,
    names: ["api"],
    port: 4000, // what the newest release declares
    targets,
  });
});

test("a run has no name", () => {
  expect(namedServices([{ ...old, kind: "run" }], find, () => true)).toEqual([]);
});

test("what shall stop is named no more", () => {
  expect(namedServices([{ ...old, desired: "stopped" }], find, () => true)).toEqual([]);
});
