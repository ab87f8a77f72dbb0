import { describe, expect } from "bun:test";
import {
  ago,
  candidateNo,
  idOf,
  inMs,
  nodeId,
  type PlanRow,
  readyNo,
  reason,
  release,
  runningFor,
  serving,
  servingNo,
  testPlans,
  workload,
} from "../test/plan-view.ts";
import type { RolloutView } from "./rollout.ts";
import type { Counts } from "./traffic.ts";
import type { CanaryStep } from "./workload.ts";

const spec = release({
  replicas: 4,
  strategy: {
    kind: "canary",
    steps: [
      { weight: 10, seconds: 60 },
      { weight: 50, seconds: 60 },
    ],
    maxErrorPercent: 5,
    minRequests: 20,
  },
});

const step = (fields: Partial<CanaryStep> = {}): RolloutView["workload"] =>
  workload({
    rollout: runningFor(90_000, {
      at: "canary",
      index: 0,
      revision: 7,
      since: ago(30_100),
      acknowledgedAt: ago(30_000),
      measuredSince: ago(30_000),
      passedAt: null,
      ...fields,
    }),
  });
const counts = (requests: number, errors = 0): Counts => ({ requests, errors });
const told = (canary: Counts, stable: Counts, isComplete = true) => ({ canary, stable, isComplete });
const quiet = told(counts(0), counts(0));
const canary = (ordinal: number, fields = {}) => readyNo(ordinal, 60_000, { role: "canary", ...fields });
const old = [servingNo(0), servingNo(1)];
const start = (ordinal: number) => ({ do: "start_candidate" as const, nodeId, generation: 2, ordinal });
const base = { release: spec, replicas: [...old, canary(0)], stepTraffic: told(counts(100), counts(900)) };
const unmeasured = {
  code: "canary_unmeasured",
  message: "Gateways could not be asked how the new release does, so all traffic went back to the old one.",
};

const rows: PlanRow[] = [
  { name: "starts as many replicas as its first part needs", view: { ...base, replicas: old }, actions: [start(0)] },
  {
    name: "weighs them once they are stable",
    view: { ...base, replicas: [...old, readyNo(0, 1_000)] },
    actions: [{ do: "weigh", index: 0, replicaIds: [idOf(2, 0)] }],
  },
  {
    name: "that cannot be started fails like any other",
    view: { ...base, replicas: [...old, candidateNo(0, { state: "exited", reason })] },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "beside nothing that serves is a rolling one",
    view: { ...base, workload: workload({ serving: null }), replicas: [0, 1, 2, 3].map((n) => readyNo(n, 1_000)) },
    actions: [{ do: "switch", replicaIds: [0, 1, 2, 3].map((n) => idOf(2, n)) }],
  },
  {
    name: "waits for gateways to serve its weights",
    view: {
      ...base,
      workload: step({ acknowledgedAt: null, measuredSince: null, since: ago(100) }),
      gatewayRevision: 6,
    },
    actions: [],
    checkAt: inMs(25),
  },
  {
    name: "counts its time from when they do",
    view: {
      ...base,
      workload: step({ acknowledgedAt: null, measuredSince: null, since: ago(100) }),
      gatewayRevision: 7,
    },
    actions: [{ do: "acknowledge_step" }],
  },
  { name: "looks at the figures meanwhile", view: { ...base, workload: step() }, actions: [], checkAt: inMs(1_000) },
  {
    name: "passes a step whose time is over",
    view: { ...base, workload: step({ measuredSince: ago(60_000), acknowledgedAt: ago(60_000) }) },
    actions: [{ do: "pass_step" }],
  },
  {
    name: "passes a step in which few asked anything",
    view: {
      ...base,
      workload: step({ measuredSince: ago(60_000), acknowledgedAt: ago(60_000) }),
      stepTraffic: told(counts(19, 19), counts(200)),
    },
    actions: [{ do: "pass_step" }],
  },
  {
    name: "starts what the next part needs",
    view: { ...base, workload: step({ passedAt: ago(10) }) },
    actions: [start(1)],
  },
  {
    name: "weighs the next step with all of its replicas",
    view: { ...base, workload: step({ passedAt: ago(10) }), replicas: [...old, canary(0), readyNo(1, 1_000)] },
    actions: [{ do: "weigh", index: 1, replicaIds: [idOf(2, 0), idOf(2, 1)] }],
  },
  {
    name: "starts the rest after the last step",
    view: { ...base, workload: step({ index: 1, passedAt: ago(10) }), replicas: [...old, canary(0), canary(1)] },
    actions: [start(2), start(3)],
  },
  {
    name: "switches when all are stable",
    view: {
      ...base,
      workload: step({ index: 1, passedAt: ago(10) }),
      replicas: [...old, canary(0), canary(1), readyNo(2, 1_000), readyNo(3, 1_000)],
    },
    actions: [{ do: "switch", replicaIds: [0, 1, 2, 3].map((n) => idOf(2, n)) }],
  },
  {
    name: "is given up above its error rate, with both rates in words",
    view: { ...base, workload: step(), stepTraffic: told(counts(40, 10), counts(900, 9)) },
    actions: [
      {
        do: "fail",
        reason: {
          code: "canary_failed",
          message:
            "The new release answered 10 of 40 requests (25.0 %) with errors, the old one 9 of 900 requests (1.0 %). " +
            "At most 5 % are allowed, so all traffic went back to the old one.",
        },
      },
    ],
  },
  {
    name: "is given up for errors that come while its next replicas start",
    view: {
      ...base,
      workload: step({ passedAt: ago(10) }),
      replicas: [...old, canary(0), candidateNo(1)],
      stepTraffic: told(counts(40, 10), counts(900)),
    },
    actions: [{ do: "fail", reason: expectCode("canary_failed") }],
  },
  {
    name: "goes on while the old release errs as much",
    view: { ...base, workload: step(), stepTraffic: told(counts(40, 10), counts(900, 400)) },
    actions: [],
  },
  {
    name: "goes on at the limit",
    view: { ...base, workload: step(), stepTraffic: told(counts(40, 2), counts(900)) },
    actions: [],
  },
  {
    name: "is given up when one of its replicas crashes",
    view: { ...base, workload: step(), replicas: [...old, canary(0, { state: "exited", reason })] },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "begins to measure as soon as gateways can be asked",
    view: { ...base, workload: step({ measuredSince: null }), stepTraffic: null },
    actions: [{ do: "measure" }],
  },
  {
    name: "measures on when a gateway went away with what it knew",
    view: { ...base, workload: step(), stepTraffic: told(counts(40), counts(300), false) },
    actions: [{ do: "measure" }],
  },
  {
    name: "waits beyond its time while gateways cannot be asked",
    view: {
      ...base,
      workload: step({ acknowledgedAt: ago(100_000), measuredSince: ago(100_000) }),
      stepTraffic: null,
      isTrafficKnown: false,
    },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "is given up after twice its time when gateways cannot be asked",
    view: {
      ...base,
      workload: step({ acknowledgedAt: ago(120_000), measuredSince: ago(120_000) }),
      stepTraffic: null,
      isTrafficKnown: false,
    },
    actions: [{ do: "fail", reason: unmeasured }],
  },
  {
    name: "is given up after twice its time when it was measured for less than its time",
    view: { ...base, workload: step({ acknowledgedAt: ago(120_000), measuredSince: ago(59_000) }) },
    actions: [{ do: "fail", reason: unmeasured }],
  },
  {
    name: "passes after twice its time when nobody asked anything, as far as is known",
    view: {
      ...base,
      workload: step({ acknowledgedAt: ago(120_000), measuredSince: ago(59_000) }),
      stepTraffic: { ...quiet, isComplete: false },
    },
    actions: [{ do: "pass_step" }],
  },
  {
    name: "has a lost replica of the old release replaced meanwhile",
    view: {
      ...base,
      servingRelease: release({ number: 1 }),
      workload: step(),
      replicas: [serving({ state: "failed", stateSince: ago(15_000) }), canary(0)],
    },
    actions: [{ do: "start_candidate", nodeId, generation: 1, ordinal: 0 }],
  },
];

function expectCode(code: string) {
  return { code, message: expect.any(String) };
}

describe("a canary", () => testPlans(rows));
