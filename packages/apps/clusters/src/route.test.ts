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

test("a replica that fails its probe gets no new requests while another one is ready", () => {
  const targets = targetsOf([
    replica("serving", "unhealthy"),
    replica("serving", "ready"),
    replica("serving", "starting"),
  ]);
  expect(targets.map(({ state }) => state)).toEqual(["draining", "ready", "ready"]);
  const lost = targetsOf([replica("serving", "unhealthy"), replica("serving", "unhealthy")]);
  expect(lost.map(({ state }) => state)).toEqual(["ready", "ready"]);
});

const parts: { canaries: number; serving: number; percent: number; weights: [canary: number, serving: number] }[] = [
  { canaries: 1, serving: 1, percent: 10, weights: [1, 9] },
  { canaries: 1, serving: 3, percent: 10, weights: [1, 3] },
  { canaries: 2, serving: 2, percent: 50, weights: [1, 1] },
  { canaries: 3, serving: 2, percent: 1, weights: [2, 297] },
  { canaries: 50, serving: 49, percent: 99, weights: [4851, 50] },
];
for (const { canaries, serving, percent, weights } of parts) {
  test(`${canaries} canaries beside ${serving} get ${percent} % together`, () => {
    const replicas = [
      ...Array.from({ length: canaries }, () => replica("canary", "ready")),
      ...Array.from({ length: serving }, () => replica("serving", "ready")),
      replica("draining", "ready"),
    ];
    const targets = targetsOf(replicas, percent);
    expect([targets[0]?.weight, targets[canaries]?.weight]).toEqual(weights);
    expect(targets.at(-1)?.weight).toBeUndefined();
    const sumOf = (some: typeof targets) => some.reduce((sum, { weight = 0 }) => sum + weight, 0);
    expect((sumOf(targets.slice(0, canaries)) / sumOf(targets)) * 100).toBeCloseTo(percent, 9);
    expect(targets.every(({ weight = 0 }) => Number.isInteger(weight) && weight <= 10_000)).toBe(true);
  });
}

test("a weight that changes is a change", () => {
  const replicas = [replica("canary", "ready"), replica("serving", "ready")];
  expect(sameTargets(targetsOf(replicas, 10), targetsOf(replicas, 20))).toBe(false);
});

test("a canary beside nothing that answers has no weight", () => {
  expect(targetsOf([replica("canary", "ready"), replica("serving", "exited")], 10)).toMatchObject([{ state: "ready" }]);
});
