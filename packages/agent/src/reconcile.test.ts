import { describe, expect, test } from "bun:test";
import type { DesiredReplica, DesiredState } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { replicaOf } from "../test/replica.ts";
import type { EngineReplica } from "./ports.ts";
import { type Action, type Memory, NO_MEMORY, plan, supersedes } from "./reconcile.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const image = { repository: "home/shop/api", digest: `sha256:${"a".repeat(64)}` };
const candidate = replicaOf(image);
const serving: DesiredReplica = { ...candidate, restart: "always" };
const stopped: DesiredReplica = { ...candidate, desired: "stopped", graceSeconds: 7 };

const found = (state: EngineReplica["state"], restart: "never" | "always" = "never"): EngineReplica => ({
  id: candidate.id,
  workloadId: candidate.workloadId,
  restart,
  restarts: 0,
  state,
});
const running = { kind: "running", startedAt: new Date(NOW - 60_000), address: null } as const;
const created = { kind: "created" } as const;
const exited = (secondsAgo: number, restarting = false) =>
  ({ kind: "exited", exit: { code: 1, oomKilled: false, at: new Date(NOW - secondsAgo * 1000) }, restarting }) as const;

const nodeId = newId();
const stateOf = (...replicas: DesiredReplica[]): DesiredState => ({ nodeId, generation: 5, complete: true, replicas });

type Row = {
  name: string;
  wanted: DesiredReplica[];
  found: EngineReplica[];
  memory?: Partial<Memory>;
  busy?: boolean;
  actions: Action[];
  wakeAt?: number;
};

const start = (replica: DesiredReplica, again: boolean): Action => ({ kind: "start", replica, again });
const remove = (graceSeconds: number): Action => ({ kind: "remove", id: candidate.id, graceSeconds });

const rows: Row[] = [
  { name: "what is missing is started", wanted: [candidate], found: [], actions: [start(candidate, false)] },
  {
    name: "what was made but not started is started",
    wanted: [candidate],
    found: [found(created)],
    actions: [start(candidate, false)],
  },
  { name: "what runs as wanted is left alone", wanted: [candidate], found: [found(running)], actions: [] },
  {
    name: "a candidate that begins to serve is started again from then on",
    wanted: [serving],
    found: [found(running, "never")],
    actions: [{ kind: "setRestart", id: candidate.id, restart: "always" }],
  },
  {
    name: "a candidate that has ended is left for people to see",
    wanted: [candidate],
    found: [found(exited(100))],
    actions: [],
  },
  {
    name: "a serving replica that has ended is started again",
    wanted: [serving],
    found: [found(exited(2), "always")],
    actions: [start(serving, true)],
  },
  {
    name: "but not before its waiting time is over",
    wanted: [serving],
    found: [found(exited(3), "always")],
    memory: { failures: 3 },
    actions: [],
    wakeAt: NOW - 3000 + 8000,
  },
  {
    name: "and never while the engine itself does it",
    wanted: [serving],
    found: [found(exited(100, true), "always")],
    actions: [],
  },
  {
    name: "a start that failed waits longer each time",
    wanted: [candidate],
    found: [],
    memory: { failures: 2, failedAt: NOW - 500 },
    actions: [],
    wakeAt: NOW - 500 + 2000,
  },
  {
    name: "a candidate that has failed for good is not started again",
    wanted: [candidate],
    found: [],
    memory: { failure: { code: "image_denied", message: "No." } },
    actions: [],
  },
  {
    name: "what shall be stopped is removed with its own grace",
    wanted: [stopped],
    found: [found(running)],
    actions: [remove(7)],
  },
  { name: "also when it has ended by itself", wanted: [stopped], found: [found(exited(1))], actions: [remove(7)] },
  { name: "what is stopped and gone needs nothing", wanted: [stopped], found: [], actions: [] },
  { name: "what nobody wants is removed", wanted: [], found: [found(running)], actions: [remove(10)] },
  { name: "nothing is done to what is being worked on", wanted: [candidate], found: [], busy: true, actions: [] },
  { name: "also when nobody wants it", wanted: [], found: [found(running)], busy: true, actions: [] },
];

describe("plan", () => {
  test.each(rows)("$name", ({ wanted, found: replicas, memory, busy, actions, wakeAt }) => {
    const result = plan({
      desired: stateOf(...wanted),
      replicas,
      memory: new Map(memory === undefined ? [] : [[candidate.id, { ...NO_MEMORY, ...memory }]]),
      busy: new Set(busy ? [candidate.id] : []),
      now: NOW,
    });
    expect(result).toEqual({ actions, wakeAt: wakeAt ?? null });
  });

  test("a state that does not say it is whole changes nothing, and above all removes nothing", () => {
    const partial = { ...stateOf(), complete: false } as unknown as DesiredState;
    const view = { desired: partial, replicas: [found(running)], memory: new Map(), busy: new Set<string>(), now: NOW };
    expect(plan(view)).toEqual({ actions: [], wakeAt: null });
  });

  test("of several waiting times the shortest counts", () => {
    const other = replicaOf(image, { restart: "always" });
    const memory = new Map([
      [candidate.id, { ...NO_MEMORY, failures: 5, failedAt: NOW }],
      [other.id, { ...NO_MEMORY, failures: 1, failedAt: NOW }],
    ]);
    const view = { desired: stateOf(candidate, other), replicas: [], memory, busy: new Set<string>(), now: NOW };
    expect(plan(view)).toEqual({ actions: [], wakeAt: NOW + 1000 });
  });
});

describe("supersedes", () => {
  const current = stateOf();
  test.each([
    { name: "the first state counts", next: current, now: null, counts: true },
    { name: "a newer one counts", next: { ...current, generation: 6 }, now: current, counts: true },
    { name: "the same again does not", next: current, now: current, counts: false },
    { name: "an older one does not", next: { ...current, generation: 4 }, now: current, counts: false },
    {
      name: "another node's does not",
      next: { ...current, generation: 9, nodeId: newId() },
      now: current,
      counts: false,
    },
    {
      name: "a partial one does not",
      next: { ...current, generation: 9, complete: false } as unknown as DesiredState,
      now: null,
      counts: false,
    },
  ])("$name", ({ next, now, counts }) => {
    expect(supersedes(next, now, nodeId)).toBe(counts);
  });
});
