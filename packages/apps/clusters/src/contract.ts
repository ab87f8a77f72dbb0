import { PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Hello, NodeView } from "./contract/node.ts";
import { DesiredState, ObservedState } from "./contract/replica.ts";
import { CreateRun, Run } from "./contract/run.ts";
import { OpenShell, ShellView } from "./contract/shell.ts";
import { AskNode, CreateTask, TaskView } from "./contract/task.ts";
import { Generation, PutWorkload, WorkloadView } from "./contract/workload.ts";

export { WorkloadFile } from "./contract/file.ts";
export { EngineKind, Hello, NodeView } from "./contract/node.ts";
export {
  CheckedRelease,
  Health,
  ImageRef,
  MAX_LAST_LINES,
  MAX_REPLICAS,
  Reason,
  Resources,
  RestartPolicy,
  Strategy,
  WorkloadRelease,
} from "./contract/release.ts";
export {
  Address,
  DesiredReplica,
  DesiredState,
  ObservedReplica,
  ObservedState,
  ReplicaState,
} from "./contract/replica.ts";
export { CreateRun, Run, RunState } from "./contract/run.ts";
export { DesiredShell, OpenShell, ShellCommand, ShellView, TerminalSide } from "./contract/shell.ts";
export {
  AskNode,
  Cleanup,
  CreateTask,
  MAX_TASKS,
  MAX_VOLUME_ENTRIES,
  MAX_VOLUME_FILE_BYTES,
  NodeDisk,
  NodeUsage,
  SizeMiB,
  Task,
  TaskReport,
  TaskResult,
  TaskSpec,
  TaskView,
  VolumeEntry,
  VolumePath,
} from "./contract/task.ts";
export { WorkloadVolume } from "./contract/volume.ts";
export { PutWorkload, ReplicaView, RolloutState, WorkloadView } from "./contract/workload.ts";

/** Longest wait of a long poll; below the 30 s that proxies commonly allow a silent request. */
export const MAX_WAIT_SECONDS = 25;

const RunPath = z.object({ runId: z.uuid() });
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
      summary: "Give up the rollout of a generation that does not have all the traffic yet",
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
  runs: {
    create: route({
      method: "POST",
      path: "/runs",
      action: "workload:run",
      resource: "platform",
      summary: "Run a command once in a release's image",
      input: CreateRun,
      output: Run,
      status: 201,
    }),
    get: route({
      method: "GET",
      path: "/runs/{runId}",
      action: "workload:run",
      resource: "platform",
      summary: "Say how a run stands or ended; results are kept for 30 days",
      input: RunPath,
      output: Run,
    }),
    cancel: route({
      method: "POST",
      path: "/runs/{runId}/cancel",
      action: "workload:run",
      resource: "platform",
      summary: "Stop a run; nothing happens to one that has ended",
      input: RunPath,
      output: Run,
    }),
  },
  shells: {
    open: route({
      method: "POST",
      path: "/shells",
      action: "shell:open",
      resource: "platform",
      summary:
        "Have the agent of a replica open a terminal in it; the caller holds the asker's end of the pipe of this id",
      input: OpenShell,
      output: ShellView,
      status: 201,
    }),
    close: route({
      method: "DELETE",
      path: "/shells/{shellId}",
      action: "shell:open",
      resource: "platform",
      summary: "Forget a terminal that the agent did not come for",
      input: z.object({ shellId: z.uuid() }),
      output: z.object({ closed: z.boolean().describe("false when it is gone already") }),
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
    usage: route({
      method: "POST",
      path: "/nodes/{nodeId}/usage",
      action: "node:read",
      resource: "node",
      summary: "Measure what a machine's disk is used for; waits up to 20 s for the answer",
      input: AskNode,
      output: TaskView,
    }),
    cleanup: route({
      method: "POST",
      path: "/nodes/{nodeId}/cleanup",
      action: "node:write",
      resource: "node",
      summary: "Remove images of Homeport's own that nothing uses from a machine; waits up to 20 s for the answer",
      input: AskNode,
      output: TaskView,
    }),
  },
  tasks: {
    create: route({
      method: "POST",
      path: "/tasks",
      action: "task:write",
      resource: "platform",
      summary: "Give a node something to do once: work on a volume, or on the node's disk",
      input: CreateTask,
      output: TaskView,
      status: 202,
    }),
    get: route({
      method: "GET",
      path: "/tasks/{taskId}",
      action: "task:write",
      resource: "platform",
      summary: "Say how a task stands or ended; answers are kept for 7 days, what was read of files for 10 minutes",
      input: z.object({ taskId: z.uuid() }),
      output: TaskView,
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
