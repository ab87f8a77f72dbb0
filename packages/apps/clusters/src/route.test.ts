import { expect, test } from "bun:test";
import { newId, type ReplicaId } from "@homeport/kit/ids.ts";
import type { KnownState, ReplicaRole } from "./replica.ts";
import { sameTargets, targetsOf } from "./route.ts";

const address = { host: "127.0.0.1", port: 4000 };
const replica = (role: ReplicaRole, state: KnownState) => ({ id: newId<ReplicaId>(), role, state, address });

const rows: [role: ReplicaRole, state: KnownState, target: string | null][] = [
  ["candidate", "ready", null],
  ["serving", "ready", "ready"],
  ["serving", "starting", "ready"],
  ["serving", "running", "ready"],
  ["serving", "unhealthy", "ready"],
  ["serving", "exited", null],
  ["serving", "failed", null],
  ["serving", "stopped", null],
  ["serving", "pulling", null],
  ["draining", "ready", "draining"],
  ["draining", "exited", null],
  ["stopping", "ready", null],
];

for (const [role, state, target] of rows) {
  test(`a ${role} replica that is ${state} is ${target === null ? "no target" : `a target that is ${target}`}`, () => {
    expect(targetsOf([replica(role, state)]).map((each) => each.state as string)).toEqual(
      target === null ? [] : [target],
    );
  });
}

test("a replica without an address is no target", () => {
  expect(targetsOf([{ ...replica("serving", "ready"), address: null }])).toEqual([]);
});

test("targets are compared whatever their order", () => {
  const targets = targetsOf([replica("serving", "ready"), replica("draining", "ready")]);
  expect(sameTargets(targets, targets.toReversed())).toBe(true);
  expect(sameTargets(targets, targets.slice(1))).toBe(false);
  expect(
    sameTargets(
      targets,
      targets.map((target) => ({ ...target, port: 4001 })),
    ),
  ).toBe(false);
});
