import type { NodeId } from "@homeport/kit/ids.ts";
import type { Reason } from "./contract/release.ts";
import type { TaskReport, TaskResult, TaskSpec } from "./contract/task.ts";
import { cleanReason, plainText } from "./reason.ts";

/** Of one node; as many as a desired state holds. */
export const MAX_OPEN_TASKS = 64;

export type TaskState = "pending" | "running" | "succeeded" | "failed";

/** Something that a node does once. */
export type NodeTask = {
  id: string;
  nodeId: NodeId;
  epoch: number;
  spec: TaskSpec;
  timeoutSeconds: number;
  state: TaskState;
  result: TaskResult | null;
  reason: Reason | null;
  createdAt: Date;
  deadlineAt: Date;
  finishedAt: Date | null;
};

export type TaskOutcome =
  | { state: "running" }
  | { state: "succeeded"; result: TaskResult }
  | { state: "failed"; reason: Reason };

/** What a node's answer makes of an open task; null when that is nothing new. */
export const judgeTaskReport = (task: Pick<NodeTask, "spec" | "state">, report: TaskReport): TaskOutcome | null => {
  switch (report.state) {
    case "running":
      return task.state === "pending" ? { state: "running" } : null;
    case "failed":
      return { state: "failed", reason: cleanReason(report.reason) };
    case "succeeded":
      if (report.result.kind === task.spec.kind) return { state: "succeeded", result: cleanResult(report.result) };
      return { state: "failed", reason: { code: "task_failed", message: "The node answered something else." } };
  }
};

/** Why a task is given up whose time is over. */
export const overdueReason = (isNodeOnline: boolean): Reason =>
  isNodeOnline
    ? { code: "task_deadline", message: "The node did not finish this in time, so it was given up." }
    : {
        code: "node_unreachable",
        message: "The node is not reachable and did not do this in time, so it was given up.",
      };

/** Names of files may hold what no store of ours can. */
const cleanResult = (result: TaskResult): TaskResult =>
  JSON.parse(JSON.stringify(result), (_key, value: unknown) => (typeof value === "string" ? plainText(value) : value));
