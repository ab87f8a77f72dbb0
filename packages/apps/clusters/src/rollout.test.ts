import { describe, expect, test } from "bun:test";
import {
  ago,
  away,
  candidate,
  candidateId,
  draining,
  inMs,
  NOW,
  nodeId,
  otherNodeId,
  ready,
  reason,
  release,
  runningFor,
  serving,
  servingId,
  settled,
  switching,
  unprobed,
  view,
  workload,
} from "../test/plan-view.ts";
import {
  ACKNOWLEDGE_MS,
  type Action,
  NODE_WAIT_MS,
  PULL_DEADLINE_MS,
  plan,
  type RolloutView,
  START_SLACK_MS,
} from "./rollout.ts";

type Row = { name: string; view: Partial<RolloutView>; actions: Action[]; checkAt?: Date | null };

const rows: Row[] = [
  {
    name: "a new rollout starts a candidate",
    view: {},
    actions: [{ do: "start_candidate", nodeId, generation: 2, ordinal: 0 }],
  },
  {
    name: "a rollout beside an old release starts its candidate on the same node",
    view: {
      replicas: [serving()],
      nodes: [
        { nodeId: otherNodeId, replicaCount: 0, lastSeenAt: NOW },
        { nodeId, replicaCount: 9, lastSeenAt: NOW },
      ],
    },
    actions: [{ do: "start_candidate", nodeId, generation: 2, ordinal: 0 }],
  },
  {
    name: "a first release goes to the node with the fewest replicas",
    view: {
      workload: workload({ serving: null }),
      nodes: [
        { nodeId, replicaCount: 3, lastSeenAt: NOW },
        { nodeId: otherNodeId, replicaCount: 2, lastSeenAt: NOW },
      ],
    },
    actions: [{ do: "start_candidate", nodeId: otherNodeId, generation: 2, ordinal: 0 }],
  },
  {
    name: "a pinned workload waits for its node although another is online",
    view: { workload: workload({ pinnedNodeId: otherNodeId }) },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a rollout waits for a node",
    view: { nodes: [] },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a rollout fails when no node ever connected",
    view: { nodes: [], workload: workload({ rollout: runningFor(NODE_WAIT_MS) }) },
    actions: [{ do: "fail", reason: { code: "no_node", message: "No node is connected that could run this." } }],
  },
  {
    name: "a controller that just started does not blame a node for its own absence",
    view: {
      nodes: [],
      watchingSince: ago(10),
      workload: workload({ rollout: runningFor(NODE_WAIT_MS) }),
    },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a candidate that nothing was heard of is waited for",
    view: { replicas: [candidate()] },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a candidate without an image after the deadline fails",
    view: { replicas: [candidate({ state: "pulling", createdAt: ago(PULL_DEADLINE_MS) })] },
    actions: [{ do: "fail", reason: { code: "pull_deadline", message: "The image was not there after 15 minutes." } }],
  },
  {
    name: "a candidate that starts in time is waited for",
    view: { replicas: [candidate({ state: "starting", stateSince: ago(60_000) })] },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a candidate that never gets ready fails even when its agent does not say so",
    view: { replicas: [candidate({ state: "running", stateSince: ago(60_000 + START_SLACK_MS) })] },
    actions: [{ do: "fail", reason: { code: "start_deadline", message: "It was not ready within 60 seconds." } }],
  },
  {
    name: "a ready candidate waits for its stability window",
    view: { replicas: [serving(), ready(400)] },
    actions: [],
    checkAt: inMs(600),
  },
  {
    name: "a candidate that stayed ready gets the traffic",
    view: { replicas: [serving(), ready(1_000)] },
    actions: [{ do: "switch", replicaIds: [candidateId] }],
  },
  {
    name: "a stability window of nothing switches at once",
    view: { release: release({ stabilitySeconds: 0 }), replicas: [ready(0)] },
    actions: [{ do: "switch", replicaIds: [candidateId] }],
  },
  {
    name: "a candidate without a probe has to run for three seconds",
    view: { release: unprobed, replicas: [candidate({ state: "running", stateSince: ago(2_000) })] },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a candidate without a probe that kept running gets the traffic",
    view: { release: unprobed, replicas: [candidate({ state: "running", stateSince: ago(3_000), address: null })] },
    actions: [{ do: "switch", replicaIds: [candidateId] }],
  },
  {
    name: "a ready candidate without an address is not routed to",
    view: { replicas: [candidate({ state: "ready", readyAt: ago(5_000), stateSince: ago(5_000), address: null })] },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a candidate that crashed fails with what its agent said",
    view: { replicas: [serving(), candidate({ state: "exited", reason })] },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "a candidate that could not be started fails with what its agent said",
    view: { replicas: [candidate({ state: "failed", reason })] },
    actions: [{ do: "fail", reason }],
  },
  {
    name: "a candidate that became unhealthy within the window fails",
    view: { replicas: [candidate({ state: "unhealthy" })] },
    actions: [{ do: "fail", reason: { code: "unhealthy", message: "The health check failed." } }],
  },
  {
    name: "a ready candidate whose node went silent is not switched to",
    view: { replicas: [ready(5_000)], nodes: away(31_000) },
    actions: [],
    checkAt: inMs(1_000),
  },
  {
    name: "a candidate whose node stays away fails",
    view: {
      replicas: [candidate()],
      nodes: away(NODE_WAIT_MS),
      workload: workload({ rollout: runningFor(NODE_WAIT_MS) }),
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
    name: "a candidate of an older generation is stopped before another starts",
    view: { replicas: [candidate({ generation: 1 })] },
    actions: [{ do: "stop", replicaId: candidateId }],
    checkAt: NOW,
  },
  {
    name: "a switch waits for gateways that serve the old routes",
    view: { workload: workload({ rollout: switching(100) }), gatewayRevision: 6 },
    actions: [],
    checkAt: inMs(25),
  },
  {
    name: "a switch that every gateway applied is a success",
    view: { workload: workload({ rollout: switching(100) }), gatewayRevision: 7 },
    actions: [{ do: "succeed" }],
  },
  {
    name: "a switch does not wait for ever for a gateway that does not answer",
    view: { workload: workload({ rollout: switching(ACKNOWLEDGE_MS) }), gatewayRevision: 0 },
    actions: [{ do: "succeed" }],
  },
  {
    name: "without a gateway there is nothing to wait for",
    view: { workload: workload({ rollout: switching(0) }), gatewayRevision: null },
    actions: [{ do: "succeed" }],
  },
  {
    name: "a drain does not begin before gateways applied the switch",
    view: { workload: workload({ rollout: settled("succeeded") }), replicas: [draining(null)], gatewayRevision: 6 },
    actions: [],
    checkAt: inMs(25),
  },
  {
    name: "a drain begins once gateways applied the switch",
    view: { workload: workload({ rollout: settled("succeeded") }), replicas: [draining(null)], gatewayRevision: 8 },
    actions: [{ do: "acknowledge_drain", replicaId: servingId }],
  },
  {
    name: "a draining replica keeps its grace",
    view: { workload: workload({ rollout: settled("succeeded") }), replicas: [draining(ago(4_000))] },
    actions: [],
    checkAt: inMs(6_000),
  },
  {
    name: "a drained replica is stopped",
    view: { workload: workload({ rollout: settled("succeeded") }), replicas: [draining(ago(10_000))] },
    actions: [{ do: "stop", replicaId: servingId }],
  },
  {
    name: "a stopping replica is waited for without looking",
    view: { workload: workload({ rollout: settled("succeeded") }), replicas: [serving({ role: "stopping" })] },
    actions: [],
    checkAt: null,
  },
  {
    name: "a stopped replica is forgotten",
    view: {
      workload: workload({ rollout: settled("succeeded") }),
      replicas: [serving({ role: "stopping", stoppedAt: NOW })],
    },
    actions: [{ do: "forget", replicaId: servingId }],
  },
  {
    name: "after an abort nothing more is started",
    view: { workload: workload({ rollout: settled("aborted") }), replicas: [serving()] },
    actions: [],
    checkAt: null,
  },
  {
    name: "a drain goes on while the next rollout starts",
    view: { replicas: [draining(ago(10_000)), candidate()] },
    actions: [{ do: "stop", replicaId: servingId }],
    checkAt: inMs(1_000),
  },
  {
    name: "a workload on its way out stays until its last replica is gone",
    view: {
      workload: workload({ removing: true, rollout: settled("aborted") }),
      replicas: [serving({ role: "stopping" })],
    },
    actions: [],
    checkAt: null,
  },
  {
    name: "a workload on its way out goes with its last replica",
    view: { workload: workload({ removing: true, rollout: settled("aborted") }) },
    actions: [{ do: "remove_workload" }],
  },
  {
    name: "a serving replica that crashed during a rollout is its agent's to start again",
    view: { replicas: [serving({ state: "exited", reason }), candidate({ state: "starting" })] },
    actions: [],
    checkAt: inMs(1_000),
  },
];

describe("a plan", () => {
  for (const row of rows) {
    test(row.name, () => {
      const planned = plan(view(row.view));
      expect(planned.actions).toEqual(row.actions);
      if (row.checkAt !== undefined) expect(planned.checkAt).toEqual(row.checkAt);
    });
  }
});
