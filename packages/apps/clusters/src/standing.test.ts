import { describe } from "bun:test";
import {
  ago,
  candidate,
  candidateId,
  idOf,
  inMs,
  NOW,
  nodeId,
  online,
  otherNodeId,
  type PlanRow,
  ready,
  readyNo,
  reason,
  release,
  serving,
  servingId,
  servingNo,
  settled,
  testPlans,
  workload,
} from "../test/plan-view.ts";
import { NODE_WAIT_MS } from "./rollout.ts";
import { LOST_MS } from "./standing.ts";

const done = workload({ rollout: settled("succeeded"), serving: { generation: 2, since: ago(9_000) } });
const two = release({ replicas: 2 });
const current = (ordinal: number, fields = {}) => servingNo(ordinal, { generation: 2, ...fields });
const base = { workload: done, release: two, servingRelease: two };
const awayFor = (ms: number) => [...online([nodeId]), { nodeId: otherNodeId, replicaCount: 1, lastSeenAt: ago(ms) }];
const start = (ordinal: number) => ({ do: "start_candidate" as const, nodeId, generation: 2, ordinal });
const exclusive = release({ strategy: { kind: "recreate" } });

const rows: PlanRow[] = [
  {
    name: "is left alone while it is whole",
    view: { ...base, replicas: [current(0), current(1)] },
    actions: [],
    checkAt: null,
  },
  {
    name: "waits for a node that is away",
    view: { ...base, replicas: [current(0), current(1, { nodeId: otherNodeId })], nodes: awayFor(31_000) },
    actions: [],
    checkAt: inMs(NODE_WAIT_MS - 31_000),
  },
  {
    name: "gets another replica for one whose node stays away",
    view: { ...base, replicas: [current(0), current(1, { nodeId: otherNodeId })], nodes: awayFor(NODE_WAIT_MS) },
    actions: [start(1)],
  },
  {
    name: "is not judged by a controller that just started",
    view: {
      ...base,
      watchingSince: ago(1_000),
      replicas: [current(0), current(1, { nodeId: otherNodeId })],
      nodes: awayFor(NODE_WAIT_MS),
    },
    actions: [],
  },
  {
    name: "keeps a replacement that an earlier controller began",
    view: {
      ...base,
      watchingSince: ago(1_000),
      replicas: [current(0), current(1, { nodeId: otherNodeId }), readyNo(1, 300)],
      nodes: awayFor(NODE_WAIT_MS),
    },
    actions: [],
    checkAt: inMs(700),
  },
  {
    name: "puts the new replica in the place of the lost one once it is stable",
    view: {
      ...base,
      replicas: [current(0), current(1, { nodeId: otherNodeId }), readyNo(1, 1_000)],
      nodes: awayFor(NODE_WAIT_MS),
    },
    actions: [{ do: "promote", replicaId: idOf(2, 1) }],
  },
  {
    name: "needs no new replica when the node came back",
    view: { ...base, replicas: [current(0), current(1), readyNo(1, 1_000)] },
    actions: [{ do: "stop", replicaId: idOf(2, 1) }],
  },
  {
    name: "goes on with what it has when the new replica fails",
    view: {
      ...base,
      replicas: [current(0), current(1, { nodeId: otherNodeId }), candidate({ ordinal: 1, state: "exited", reason })],
      nodes: awayFor(NODE_WAIT_MS),
    },
    actions: [{ do: "give_up_repair", replicaId: candidateId, reason }],
  },
  {
    name: "waits between two tries",
    view: {
      ...base,
      workload: { ...done, repairs: { count: 1, notBefore: inMs(7_000) } },
      replicas: [current(0), current(1, { state: "failed", stateSince: ago(LOST_MS) })],
    },
    actions: [],
    checkAt: inMs(7_000),
  },
  {
    name: "gets another replica for one that its agent cannot run",
    view: { ...base, replicas: [current(0), current(1, { state: "failed", stateSince: ago(LOST_MS) })] },
    actions: [start(1)],
  },
  {
    name: "waits a moment whether its agent can run it after all",
    view: { ...base, replicas: [current(0), current(1, { state: "failed", stateSince: NOW })] },
    actions: [],
    checkAt: inMs(LOST_MS),
  },
  {
    name: "leaves one that crashes to its agent",
    view: { ...base, replicas: [current(0), current(1, { state: "exited", stateSince: ago(900_000), reason })] },
    actions: [],
    checkAt: null,
  },
  {
    name: "does not start a job again that ended well and whose node is away",
    view: {
      ...base,
      servingRelease: release({ replicas: 2, restart: "never" }),
      replicas: [current(0), current(1, { nodeId: otherNodeId, state: "exited", exitCode: 0 })],
      nodes: awayFor(NODE_WAIT_MS),
    },
    actions: [],
  },
  {
    name: "gets the replica that is not there",
    view: { ...base, replicas: [current(1)] },
    actions: [start(0)],
  },
  {
    name: "is never started beside a replica that nobody can see, when it allows none beside it",
    view: {
      workload: done,
      release: exclusive,
      servingRelease: exclusive,
      replicas: [current(0, { nodeId: otherNodeId })],
      nodes: awayFor(3_600_000),
    },
    actions: [],
  },
  {
    name: "has what cannot be run stopped first, when it allows none beside it",
    view: {
      workload: done,
      release: exclusive,
      servingRelease: exclusive,
      replicas: [serving({ generation: 2, state: "failed", stateSince: ago(LOST_MS) })],
    },
    actions: [{ do: "stop", replicaId: servingId }],
  },
  {
    name: "is whole again once that is gone",
    view: { workload: done, release: exclusive, servingRelease: exclusive, replicas: [] },
    actions: [start(0)],
  },
  {
    name: "is replaced during a rollout too",
    view: {
      servingRelease: release({ number: 1 }),
      replicas: [serving({ state: "failed", stateSince: ago(LOST_MS) }), ready(100)],
    },
    actions: [{ do: "start_candidate", nodeId, generation: 1, ordinal: 0 }],
  },
  {
    name: "is not replaced in the look in which the rollout goes on",
    view: {
      servingRelease: release({ number: 1 }),
      replicas: [serving({ state: "failed", stateSince: ago(LOST_MS) }), ready(1_000)],
    },
    actions: [{ do: "switch", replicaIds: [candidateId] }],
  },
];

describe("what serves", () => testPlans(rows));
