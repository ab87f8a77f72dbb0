import { expect, test } from "bun:test";
import type { ReplicaState } from "@homeport/clusters/contract.ts";
import { foundOf, replicaOf } from "../test/replica.ts";
import { type Facts, observe } from "./observe.ts";
import type { EngineReplica } from "./ports.ts";

const wanted = replicaOf({ reference: "example.test/api:1" });
const at = new Date("2026-11-20T12:00:00Z");
const found = (state: EngineReplica["state"]): EngineReplica => foundOf(wanted, state, { restarts: 2 });
const running = found({ kind: "running", startedAt: at, address: { host: "10.0.0.2", port: 3000 } });
const endedWith = (code: number) =>
  found({ kind: "exited", exit: { code, oomKilled: false, at }, startedAt: at, restarting: false });
const exited = endedWith(1);
const reason = { code: "crashed", message: "It crashed." };
const nothing: Facts = {
  wanted,
  found: null,
  doing: null,
  isStale: false,
  readiness: null,
  failure: null,
  runEnd: null,
  refusal: null,
  trouble: null,
};

const rows: { name: string; facts: Partial<Facts>; state: ReplicaState; explained?: boolean }[] = [
  { name: "ready", facts: { found: running, readiness: { kind: "ready", since: at } }, state: "ready" },
  { name: "not there yet", facts: {}, state: "starting" },
  { name: "its image is on the way", facts: { doing: "pulling" }, state: "pulling" },
  { name: "runs and was not asked yet", facts: { found: running }, state: "running" },
  {
    name: "does not answer as it should",
    facts: { found: running, readiness: { kind: "unhealthy", reason } },
    state: "unhealthy",
    explained: true,
  },
  {
    name: "ended and will be started again",
    facts: { found: exited, trouble: reason },
    state: "exited",
    explained: true,
  },
  {
    name: "failed in the moment it got the traffic, and runs again",
    facts: { wanted: { ...wanted, restart: "always" }, found: running, failure: reason },
    state: "running",
  },
  { name: "a candidate that ended", facts: { found: exited, failure: reason }, state: "exited", explained: true },
  {
    name: "a candidate that never got ready",
    facts: { found: running, failure: reason },
    state: "failed",
    explained: true,
  },
  { name: "a candidate that could not be started", facts: { failure: reason }, state: "failed", explained: true },
  { name: "what is not even begun", facts: { refusal: reason }, state: "failed", explained: true },
  {
    name: "a run that ended well",
    facts: { found: endedWith(0), failure: reason, runEnd: { exitCode: 0, reason } },
    state: "exited",
  },
  {
    name: "a run that ended badly, of which nothing is left",
    facts: { refusal: { code: "run_lost", message: "Lost." }, runEnd: { exitCode: 1, reason } },
    state: "exited",
    explained: true,
  },
  {
    name: "a service that may end and ended well",
    facts: { wanted: { ...wanted, restart: "on-failure" }, found: endedWith(0), trouble: reason },
    state: "exited",
  },
  {
    name: "a candidate that ended well",
    facts: { found: endedWith(0), failure: reason },
    state: "exited",
    explained: true,
  },
  { name: "a start that is tried again", facts: { trouble: reason }, state: "starting", explained: true },
  {
    name: "shall stop and still runs",
    facts: { wanted: { ...wanted, desired: "stopped" }, found: running, doing: "removing" },
    state: "running",
  },
  {
    name: "shall stop, and may have been started since it was looked at",
    facts: { wanted: { ...wanted, desired: "stopped" }, isStale: true },
    state: "running",
  },
  { name: "shall stop and is gone", facts: { wanted: { ...wanted, desired: "stopped" } }, state: "stopped" },
];

test.each(rows)("$name", ({ facts, state, explained }) => {
  const seen = observe({ ...nothing, ...facts });
  expect(seen.state).toBe(state);
  expect(seen.reason).toEqual(explained ? reason : undefined);
});

test("a ready replica says since when and where", () => {
  expect(observe({ ...nothing, found: running, readiness: { kind: "ready", since: at } })).toEqual({
    id: wanted.id,
    state: "ready",
    restarts: 2,
    startedAt: at.toISOString(),
    readySince: at.toISOString(),
    address: { host: "10.0.0.2", port: 3000 },
  });
});

test("what has ended says with which exit code", () => {
  expect(observe({ ...nothing, found: endedWith(3), failure: reason })).toMatchObject({ state: "exited", exitCode: 3 });
});

test("a run that was ended for its time has failed, though it says that all was well", () => {
  const timedOut = { code: "run_timed_out", message: "Too long." };
  const seen = observe({ ...nothing, found: endedWith(0), runEnd: { exitCode: 0, reason: timedOut } });
  expect(seen).toMatchObject({ state: "failed", reason: timedOut });
});
