import { describe, expect, test } from "bun:test";
import {
  ago,
  away,
  candidate,
  candidateNo,
  draining,
  idOf,
  inMs,
  nodeId,
  online,
  otherNodeId,
  type PlanRow,
  readyNo,
  reason,
  release,
  runningFor,
  serving,
  servingId,
  settled,
  testPlans,
  workload,
} from "../test/plan-view.ts";
import { withDowntime } from "./recreate.ts";
import { NODE_WAIT_MS } from "./rollout.ts";

const recreate = release({ strategy: { kind: "recreate" } });
const old = release({ strategy: { kind: "recreate" }, number: 1 });
const base = { release: recreate, servingRelease: old };
const off = workload({ offSince: ago(8_000) });
const restoring = (ms: number) => ({ at: "restoring" as const, reason, since: ago(ms) });
const start = (generation: number) => ({ do: "start_candidate" as const, nodeId, generation, ordinal: 0 });
const gone = {
  code: "not_stopped",
  message: "What ran before did not stop in time, and nothing may be started beside it.",
};

const rows: PlanRow[] = [
  {
    name: "takes what serves off the routes first",
    view: { ...base, replicas: [serving()] },
    actions: [{ do: "take_off" }],
  },
  {
    name: "takes nothing off before there is a node for the new release",
    view: { ...base, workload: workload({ pinnedNodeId: otherNodeId }), replicas: [serving()] },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "leaves what serves alone when no node for the new release comes",
    view: {
      ...base,
      workload: workload({ pinnedNodeId: otherNodeId, rollout: runningFor(NODE_WAIT_MS) }),
      replicas: [serving()],
    },
    actions: [{ do: "fail", reason: { code: "no_node", message: "No node is connected that could run this." } }],
  },
  {
    name: "takes nothing off that cannot be stopped",
    view: {
      ...base,
      replicas: [serving({ nodeId: otherNodeId })],
      nodes: [...online([nodeId]), { nodeId: otherNodeId, replicaCount: 1, lastSeenAt: ago(31_000) }],
    },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "starts nothing while the old replica drains",
    view: { ...base, workload: off, replicas: [draining(ago(400))] },
    actions: [],
    checkAt: inMs(600),
  },
  {
    name: "drains it for a second: nothing serves meanwhile",
    view: { ...base, workload: off, replicas: [draining(ago(1_100))] },
    actions: [{ do: "stop", replicaId: servingId }],
  },
  {
    name: "drains nothing that no request can reach: a database is back the sooner",
    view: { ...base, release: { ...base.release, hosts: [] }, workload: off, replicas: [draining(ago(1))] },
    actions: [{ do: "stop", replicaId: servingId }],
  },
  {
    name: "starts nothing while the old replica stops",
    view: { ...base, workload: off, replicas: [serving({ role: "stopping" })] },
    actions: [],
    checkAt: inMs(20_000 + 45_000 + 60_000 - 8_000),
  },
  {
    name: "starts nothing in the look that forgets the old replica",
    view: { ...base, workload: off, replicas: [serving({ role: "stopping", stoppedAt: ago(1) })] },
    actions: [{ do: "forget", replicaId: servingId }],
  },
  { name: "starts once nothing else is left", view: { ...base, workload: off }, actions: [start(2)] },
  {
    name: "starts nothing beside a replica of a rollout that it took the place of",
    view: { ...base, workload: off, replicas: [candidate({ generation: 1, role: "stopping" })] },
    actions: [],
  },
  {
    name: "gives up on a replica that does not stop, and brings the old release back",
    view: { ...base, workload: workload({ offSince: ago(125_000) }), replicas: [serving({ role: "stopping" })] },
    actions: [{ do: "restore", reason: gone }],
  },
  {
    name: "switches to the new release once that is stable",
    view: { ...base, workload: off, replicas: [readyNo(0, 1_000)] },
    actions: [{ do: "switch", replicaIds: [idOf(2, 0)] }],
  },
  {
    name: "that fails brings the old release back",
    view: { ...base, workload: off, replicas: [candidateNo(0, { state: "exited", reason })] },
    actions: [{ do: "restore", reason }],
  },
  {
    name: "of a first release that fails has nothing to bring back",
    view: {
      ...base,
      servingRelease: null,
      workload: workload({ serving: null }),
      replicas: [candidateNo(0, { state: "exited", reason })],
    },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "does not start the old release while the new one stops",
    view: {
      ...base,
      workload: workload({ offSince: ago(8_000), rollout: runningFor(9_000, restoring(1_000)) }),
      replicas: [candidate({ role: "stopping" })],
    },
    actions: [],
    checkAt: inMs(5_000),
  },
  {
    name: "starts the old release again once the new one is gone",
    view: { ...base, workload: workload({ offSince: ago(8_000), rollout: runningFor(9_000, restoring(1_000)) }) },
    actions: [start(1)],
  },
  {
    name: "puts the old release back when it is stable",
    view: {
      ...base,
      workload: workload({ offSince: ago(8_000), rollout: runningFor(9_000, restoring(1_000)) }),
      replicas: [readyNo(0, 1_000, { generation: 1 })],
    },
    actions: [{ do: "promote", replicaId: idOf(2, 0) }],
  },
  {
    name: "has failed once the old release serves again",
    view: { ...base, workload: workload({ rollout: runningFor(9_000, restoring(1_000)) }), replicas: [serving()] },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "has failed when the old release does not start either, and tries on",
    view: {
      ...base,
      workload: workload({
        offSince: ago(8_000),
        rollout: runningFor(9_000, restoring(1_000)),
        repairs: { count: 1, notBefore: inMs(9_000) },
      }),
    },
    actions: [
      {
        do: "fail",
        reason: {
          ...reason,
          message: `${reason.message} The old release could not be started again at once; it is tried on.`,
        },
      },
    ],
  },
  {
    name: "that was given up has the old release started again",
    view: { ...base, workload: workload({ offSince: ago(8_000), rollout: settled("aborted") }) },
    actions: [start(1)],
  },
  {
    name: "fails at last when the node of the old replica went away while that stopped",
    view: {
      ...base,
      workload: workload({ offSince: ago(300_000), rollout: runningFor(310_000, restoring(130_000)) }),
      replicas: [serving({ role: "stopping" })],
      nodes: away(130_000),
    },
    actions: [{ do: "fail", reason: expect.objectContaining({ code: reason.code }) }],
  },
];

describe("a rollout that recreates", () => testPlans(rows));

test("a downtime is told in whole seconds, within what a reason may hold", () => {
  expect(withDowntime(reason, ago(12_300), ago(0)).message).toBe(
    "It ended with exit code 1. The old release serves again; nothing did for 12 seconds.",
  );
  expect(withDowntime(reason, ago(300), ago(0)).message).toEndWith("nothing did for 1 second.");
  expect(withDowntime({ code: "x", message: "y".repeat(2000) }, ago(300), ago(0)).message).toHaveLength(2000);
});
