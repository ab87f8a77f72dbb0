import type { Handlers } from "@homeport/kit/http/api.ts";
import type { CallContext } from "@homeport/kit/http/context.ts";
import type { AskNode, TaskSpec } from "../contract/task.ts";
import type { contract } from "../contract.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { createTaskByPerson, waitForTask } from "../service/tasks.ts";
import { toTaskView } from "./tasks.ts";

/** Most answers come sooner; who asks again with the same id goes on waiting. */
const WAIT_MS = 20_000;

/** What people who run the platform ask of a node. */
export const nodeTaskHandlers = (
  deps: ClustersDeps,
  stopping: AbortSignal,
): Pick<Handlers<typeof contract.nodes>, "usage" | "cleanup"> => {
  const ask = async (context: CallContext, action: string, { nodeId, taskId }: AskNode, spec: TaskSpec) => {
    const { id } = await createTaskByPerson(deps, action, { taskId: taskId ?? Bun.randomUUIDv7(), nodeId, spec });
    return toTaskView(await waitForTask(deps, id, WAIT_MS, AbortSignal.any([context.signal, stopping])));
  };
  return {
    usage: (context, input) => ask(context, "node:read", input, { kind: "node.usage" }),
    cleanup: (context, input) => ask(context, "node:write", input, { kind: "node.cleanup" }),
  };
};
