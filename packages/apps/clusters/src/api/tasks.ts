import type { Handlers } from "@homeport/kit/http/api.ts";
import type { z } from "zod";
import type { TaskView } from "../contract/task.ts";
import type { contract } from "../contract.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { createTask, getTask } from "../service/tasks.ts";
import type { NodeTask } from "../task.ts";

export const taskHandlers = (deps: ClustersDeps): Handlers<typeof contract.tasks> => ({
  async create(_context, input) {
    return toTaskView(await createTask(deps, input));
  },
  async get(_context, { taskId }) {
    return toTaskView(await getTask(deps, taskId));
  },
});

export const toTaskView = (task: NodeTask): z.input<typeof TaskView> => ({
  taskId: task.id,
  nodeId: task.nodeId,
  kind: task.spec.kind,
  state: task.state,
  result: task.result,
  reason: task.reason,
  createdAt: task.createdAt.toISOString(),
  finishedAt: task.finishedAt?.toISOString() ?? null,
});
