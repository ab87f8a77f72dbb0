import { PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Hello, NodeView } from "./contract/node.ts";
import { DesiredState, ObservedState } from "./contract/replica.ts";
import { Generation, PutWorkload, WorkloadView } from "./contract/workload.ts";

export { WorkloadFile } from "./contract/file.ts";
export { EngineKind, Hello, NodeView } from "./contract/node.ts";
export { Health, ImageRef, MAX_LAST_LINES, Reason, Resources, WorkloadRelease } from "./contract/release.ts";
export {
  Address,
  DesiredReplica,
  DesiredState,
  ObservedReplica,
  ObservedState,
  ReplicaState,
} from "./contract/replica.ts";
export { PutWorkload, ReplicaView, RolloutState, WorkloadView } from "./contract/workload.ts";

/** Longest wait of a long poll; below the 30 s that proxies commonly allow a silent request. */
export const MAX_WAIT_SECONDS = 25;

const WorkloadPath = z.object({ workloadId: z.uuid() });

export const contract = {
  workloads: {
    put: route({
      method: "PUT",
      path: "/workloads/{workloadId}",
      action: "workload:write",
      resource: "platform",
      summary: "Give a workload a release to roll out",
      input: PutWorkload,
      output: WorkloadView,
    }),
    abort: route({
      method: "POST",
      path: "/workloads/{workloadId}/abort",
      action: "workload:write",
      resource: "platform",
      summary: "Give up the rollout of a generation that has no traffic yet",
      input: z.strictObject({ workloadId: z.uuid(), generation: Generation }),
      output: WorkloadView,
    }),
    remove: route({
      method: "DELETE",
      path: "/workloads/{workloadId}",
      action: "workload:write",
      resource: "platform",
      summary: "Take a workload off the routes, drain it, stop it and forget it",
      input: WorkloadPath,
      output: z.object({ removing: z.boolean().describe("false when it is gone already") }),
      status: 202,
    }),
    get: route({
      method: "GET",
      path: "/workloads/{workloadId}",
      action: "workload:read",
      resource: "workload",
      summary: "Say what a workload runs and how its rollout stands",
      input: WorkloadPath,
      output: WorkloadView,
    }),
  },
  nodes: {
    list: route({
      method: "GET",
      path: "/nodes",
      action: "node:read",
      resource: "platform",
      summary: "List the machines that run workloads",
      input: PageQuery,
      output: pageOf(NodeView),
    }),
    get: route({
      method: "GET",
      path: "/nodes/{nodeId}",
      action: "node:read",
      resource: "node",
      summary: "Show one machine",
      input: z.object({ nodeId: z.uuid() }),
      output: NodeView,
    }),
  },
  agent: {
    hello: route({
      method: "POST",
      path: "/agent/hello",
      action: "agent:report",
      resource: "platform",
      summary: "Register a node, at every start of its agent",
      input: Hello,
      output: z.object({ nodeId: z.uuid(), generation: z.number().int() }),
    }),
    desired: route({
      method: "GET",
      path: "/agent/desired",
      action: "agent:read",
      resource: "platform",
      summary: "Wait for a desired state newer than `after`; answers the current one when the time is over",
      input: z.object({
        after: z.coerce.number().int().min(0).default(0),
        waitSeconds: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0),
      }),
      output: DesiredState,
    }),
    observed: route({
      method: "POST",
      path: "/agent/observed",
      action: "agent:report",
      resource: "platform",
      summary: "Report what a node runs",
      input: ObservedState,
      output: z.object({
        /** The generation that is wanted now. */
        generation: z.number().int(),
        /** False when a later report was here first. */
        accepted: z.boolean(),
      }),
    }),
  },
};
