import { describe } from "bun:test";
import { type NodeId, newId } from "@homeport/kit/ids.ts";
import {
  ago,
  candidateNo,
  idOf,
  inMs,
  NOW,
  nodeId,
  online,
  otherNodeId,
  type PlanRow,
  readyNo,
  reason,
  release,
  runningFor,
  serving,
  servingNo,
  settled,
  testPlans,
  workload,
} from "../test/plan-view.ts";
import { NODE_WAIT_MS } from "./rollout.ts";

const thirdNodeId = newId<NodeId>();
const three = release({ replicas: 3 });
const start = (ordinal: number, node: NodeId) => ({
  do: "start_candidate" as const,
  nodeId: node,
  generation: 2,
  ordinal,
});

const rows: PlanRow[] = [
  {
    name: "starts all replicas, spread over the nodes from where it serves on",
    view: { release: three, replicas: [serving()], nodes: online([otherNodeId, nodeId, thirdNodeId].toSorted()) },
    actions: [start(0, nodeId), ...[otherNodeId, thirdNodeId].toSorted().map((node, i) => start(i + 1, node))],
  },
  {
    name: "puts several replicas on one node when there is no other",
    view: { release: three },
    actions: [start(0, nodeId), start(1, nodeId), start(2, nodeId)],
  },
  {
    name: "gives the node with the fewest replicas the next one",
    view: {
      release: release({ replicas: 2 }),
      nodes: [
        { nodeId, replicaCount: 9, lastSeenAt: NOW },
        { nodeId: otherNodeId, replicaCount: 0, lastSeenAt: NOW },
      ],
    },
    actions: [start(0, otherNodeId), start(1, nodeId)],
  },
  {
    name: "does not use a node that is away",
    view: {
      release: release({ replicas: 2 }),
      nodes: [...online([nodeId]), { nodeId: otherNodeId, replicaCount: 0, lastSeenAt: ago(31_000) }],
    },
    actions: [start(0, nodeId), start(1, nodeId)],
  },
  {
    name: "starts only what is missing",
    view: { release: three, replicas: [candidateNo(0), candidateNo(2)] },
    actions: [start(1, nodeId)],
  },
  {
    name: "waits for the last replica",
    view: { release: three, replicas: [servingNo(0), readyNo(0, 9_000), readyNo(1, 9_000), candidateNo(2)] },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "waits for the stability window of the replica that got ready last",
    view: { release: three, replicas: [readyNo(0, 9_000), readyNo(1, 9_000), readyNo(2, 300)] },
    actions: [],
    checkAt: inMs(700),
  },
  {
    name: "switches once, to all of them",
    view: { release: three, replicas: [servingNo(0), readyNo(2, 1_000), readyNo(0, 9_000), readyNo(1, 9_000)] },
    actions: [{ do: "switch", replicaIds: [idOf(2, 0), idOf(2, 1), idOf(2, 2)] }],
  },
  {
    name: "fails as a whole with one of its replicas",
    view: {
      release: three,
      replicas: [servingNo(0), readyNo(0, 9_000), readyNo(1, 9_000), candidateNo(2, { state: "exited", reason })],
    },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "that has run for long waits as long as ever for nodes that went away",
    view: {
      release: three,
      workload: workload({ rollout: runningFor(3_600_000) }),
      replicas: [readyNo(0, 9_000)],
      nodes: [{ nodeId, replicaCount: 1, lastSeenAt: ago(44_000) }],
    },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "fails when the node of one of its replicas stays away",
    view: {
      release: release({ replicas: 2 }),
      workload: workload({ rollout: runningFor(NODE_WAIT_MS) }),
      replicas: [readyNo(0, 9_000), readyNo(1, 9_000, { nodeId: otherNodeId })],
      nodes: [...online([nodeId]), { nodeId: otherNodeId, replicaCount: 1, lastSeenAt: ago(NODE_WAIT_MS) }],
    },
    actions: [
      {
        do: "fail",
        reason: {
          code: "node_unreachable",
          message: "The node that should run this does not answer. Its agent may be stopped or cut off.",
        },
      },
    ],
  },
  {
    name: "to no replicas switches at once",
    view: { release: release({ replicas: 0 }), replicas: [serving()], nodes: [] },
    actions: [{ do: "switch", replicaIds: [] }],
  },
  {
    name: "of a cron release only records it",
    view: { release: release({ kind: "cron", replicas: 3 }), nodes: [] },
    actions: [{ do: "switch", replicaIds: [] }],
  },
  {
    name: "keeps to the node where the volumes of the workload are",
    view: {
      workload: workload({ volumeNodeId: otherNodeId, pinnedNodeId: nodeId }),
      nodes: online([nodeId, otherNodeId]),
    },
    actions: [start(0, otherNodeId)],
  },
  {
    name: "counts a job that was done within the window as steady",
    view: {
      release: release({ health: { kind: "none" }, restart: "on-failure" }),
      replicas: [candidateNo(0, { state: "exited", exitCode: 0, reason: { ...reason, exitCode: 0 } })],
    },
    actions: [{ do: "switch", replicaIds: [idOf(2, 0)] }],
  },
  {
    name: "fails with a job that is to be started again whenever it ends",
    view: {
      release: release({ health: { kind: "none" }, restart: "always" }),
      replicas: [candidateNo(0, { state: "exited", exitCode: 0, reason })],
    },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "fails with a job that ended badly, whatever its restart policy",
    view: {
      release: release({ health: { kind: "none" }, restart: "on-failure" }),
      replicas: [candidateNo(0, { state: "exited", exitCode: 1, reason })],
    },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "fails with a job that ended well although it was to answer",
    view: {
      release: release({ restart: "never" }),
      replicas: [candidateNo(0, { state: "exited", exitCode: 0, reason })],
    },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "that has ended starts nothing more",
    view: { release: three, workload: workload({ rollout: settled("aborted") }), replicas: [serving()] },
    actions: [],
    checkAt: null,
  },
];

describe("a rolling rollout", () => testPlans(rows));
