import { describe, expect, test } from "bun:test";
import type { DesiredReplica, DesiredState } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { foundOf, replicaOf } from "../test/replica.ts";
import type { Epochs } from "./fence.ts";
import type { EngineReplica } from "./ports.ts";
import { type Action, type Memory, NO_MEMORY, plan, refusalOf, supersedes, type View } from "./reconcile.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const image = { repository: "home/shop/api", digest: `sha256:${"a".repeat(64)}` };
const candidate = replicaOf(image);
const serving: DesiredReplica = { ...candidate, restart: "always" };
const stopped: DesiredReplica = { ...candidate, desired: "stopped", graceSeconds: 7 };

const found = (state: EngineReplica["state"], restart: "never" | "always" = "never"): EngineReplica =>
  foundOf(candidate, state, { restart });
const running = { kind: "running", startedAt: new Date(NOW - 60_000), address: null } as const;
const created = { kind: "created" } as const;
const exited = (secondsAgo: number, restarting = false) =>
  ({
    kind: "exited",
    exit: { code: 1, oomKilled: false, at: new Date(NOW - secondsAgo * 1000) },
    startedAt: null,
    restarting,
  }) as const;

const nodeId = newId();
const stateOf = (...replicas: DesiredReplica[]): DesiredState => ({
  nodeId,
  generation: 5,
  complete: true,
  replicas,
  images: [],
  tasks: [],
  shells: [],
});

const viewOf = (changes: Partial<View>): View => ({
  desired: stateOf(),
  replicas: [],
  memory: new Map(),
  busy: new Set(),
  epochs: new Map(),
  lockedVolumes: new Set(),
  now: NOW,
  ...changes,
});

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
    name: "what ended before the clock was set back is not waited for until it is that late again",
    wanted: [serving],
    found: [found(exited(-3600), "always")],
    memory: { failedAt: NOW + 3_600_000, failures: 2 },
    actions: [start(serving, true)],
  },
  {
    name: "what ended as a candidate and has the traffic by now is started again",
    wanted: [serving],
    found: [found(exited(2), "never")],
    memory: { failure: { code: "crashed", message: "It crashed." } },
    actions: [start(serving, true)],
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
    const result = plan(
      viewOf({
        desired: stateOf(...wanted),
        replicas,
        memory: new Map(memory === undefined ? [] : [[candidate.id, { ...NO_MEMORY, ...memory }]]),
        busy: new Set(busy ? [candidate.id] : []),
      }),
    );
    expect(result).toEqual({ actions, wakeAt: wakeAt ?? null });
  });

  test("a state that does not say it is whole changes nothing, and above all removes nothing", () => {
    const partial = { ...stateOf(), complete: false } as unknown as DesiredState;
    const view = viewOf({ desired: partial, replicas: [found(running)] });
    expect(plan(view)).toEqual({ actions: [], wakeAt: null });
  });

  test("of several waiting times the shortest counts", () => {
    const other = replicaOf(image, { restart: "always" });
    const memory = new Map([
      [candidate.id, { ...NO_MEMORY, failures: 5, failedAt: NOW }],
      [other.id, { ...NO_MEMORY, failures: 1, failedAt: NOW }],
    ]);
    const view = viewOf({ desired: stateOf(candidate, other), memory });
    expect(plan(view)).toEqual({ actions: [], wakeAt: NOW + 1000 });
  });
});

const endedWith = (code: number | null) => ({
  ...exited(100),
  exit: { code, oomKilled: false, at: new Date(NOW - 100_000) },
});

describe("restart policies", () => {
  const policy = (restart: DesiredReplica["restart"], kind: DesiredReplica["kind"] = "service") =>
    replicaOf(image, { restart, kind });
  test.each([
    { name: "always: after an error", wanted: policy("always"), code: 1, again: true },
    { name: "always: after a good end", wanted: policy("always"), code: 0, again: true },
    { name: "on-failure: after an error", wanted: policy("on-failure"), code: 1, again: true },
    { name: "on-failure: after an end that nobody saw", wanted: policy("on-failure"), code: null, again: true },
    { name: "on-failure: not after a good end", wanted: policy("on-failure"), code: 0, again: false },
    { name: "never: not after an error", wanted: policy("never"), code: 1, again: false },
    { name: "a run never, whatever it is told", wanted: policy("always", "run"), code: 1, again: false },
  ])("$name", ({ wanted, code, again }) => {
    const view = viewOf({ desired: stateOf(wanted), replicas: [foundOf(wanted, endedWith(code))] });
    expect(plan(view).actions).toEqual(again ? [start(wanted, true)] : []);
  });
});

describe("a run", () => {
  const run = replicaOf(image, { kind: "run", timeoutSeconds: 60, graceSeconds: 3 });
  const memory = new Map([[run.id, { ...NO_MEMORY, ran: true }]]);

  test("is started once, and never again when nothing is left of it", () => {
    expect(plan(viewOf({ desired: stateOf(run) })).actions).toEqual([start(run, false)]);
    expect(plan(viewOf({ desired: stateOf(run), memory })).actions).toEqual([]);
    expect(refusalOf(run, null, viewOf({ memory }))?.code).toBe("run_lost");
  });

  test("is started when it was made and not yet begun", () => {
    const view = viewOf({ desired: stateOf(run), memory, replicas: [foundOf(run, created)] });
    expect(plan(view).actions).toEqual([start(run, false)]);
  });

  test("is stopped when its time is over, and not before", () => {
    const since = (seconds: number) =>
      viewOf({
        desired: stateOf(run),
        memory,
        replicas: [foundOf(run, { ...running, startedAt: new Date(NOW - seconds * 1000) })],
      });
    expect(plan(since(59))).toEqual({ actions: [], wakeAt: NOW + 1000 });
    expect(plan(since(60)).actions).toEqual([{ kind: "stop", id: run.id, graceSeconds: 3 }]);
  });
});

describe("a service with volumes", () => {
  const volumes = [{ volumeId: newId() as string, name: "data", path: "/data" }];
  const mine = replicaOf(image, { volumes });
  const other = replicaOf(image, { volumes, workloadId: mine.workloadId });
  const restarting = { ...exited(1), restarting: true };

  test.each<{ name: string; view: Partial<View>; starts: boolean }>([
    { name: "waits for another replica that runs", view: { replicas: [foundOf(other, running)] }, starts: false },
    { name: "waits for one that is about to run", view: { replicas: [foundOf(other, restarting)] }, starts: false },
    {
      name: "waits for one that is being started",
      view: { desired: stateOf(mine, other), busy: new Set([other.id]) },
      starts: false,
    },
    { name: "does not wait for one that has ended", view: { replicas: [foundOf(other, exited(1))] }, starts: true },
    {
      name: "does not wait for a run of its own workload",
      view: { replicas: [foundOf({ ...other, kind: "run" }, running)] },
      starts: true,
    },
    {
      name: "does not wait for another workload",
      view: { replicas: [foundOf({ ...other, workloadId: newId() }, running)] },
      starts: true,
    },
    {
      name: "waits for a task that changes its volume",
      view: { lockedVolumes: new Set(volumes.map(({ volumeId }) => volumeId)) },
      starts: false,
    },
  ])("$name", ({ view, starts }) => {
    const { actions } = plan(viewOf({ desired: stateOf(mine), ...view }));
    expect(actions.filter(({ kind }) => kind === "start")).toEqual(starts ? [start(mine, false)] : []);
  });

  test("of two that could be started, one is", () => {
    expect(plan(viewOf({ desired: stateOf(mine, other) })).actions).toEqual([start(mine, false)]);
  });
});

describe("epochs", () => {
  const seen: Epochs = new Map([[candidate.workloadId, 5]]);
  const old = { ...candidate, epoch: 4 };

  test("what a newer generation has replaced is not started, and the reason says so", () => {
    expect(plan(viewOf({ desired: stateOf(old), epochs: seen })).actions).toEqual([]);
    expect(plan(viewOf({ desired: stateOf(old), epochs: seen, replicas: [found(created)] })).actions).toEqual([]);
    expect(refusalOf(old, null, viewOf({ epochs: seen }))).toMatchObject({ code: "stale_epoch" });
  });

  test("the same epoch, a higher one and another workload's are started", () => {
    for (const replica of [{ ...candidate, epoch: 5 }, { ...candidate, epoch: 6 }, replicaOf(image, { epoch: 1 })]) {
      const view = viewOf({ desired: stateOf(replica), epochs: seen });
      expect(plan(view).actions).toEqual([start(replica, false)]);
    }
  });

  test("what runs already goes on, and what shall stop is stopped", () => {
    expect(plan(viewOf({ desired: stateOf(old), epochs: seen, replicas: [found(running)] })).actions).toEqual([]);
    const view = viewOf({ desired: stateOf({ ...old, desired: "stopped" }), epochs: seen, replicas: [found(running)] });
    expect(plan(view).actions).toMatchObject([{ kind: "remove" }]);
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
