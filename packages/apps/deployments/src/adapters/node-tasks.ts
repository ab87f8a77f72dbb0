import { contract } from "@homeport/clusters/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import type { NodeTaskState, NodeTasks } from "../ports.ts";
import { reasonOf } from "../reason.ts";
import { calling } from "./calling.ts";

/** Work on nodes, through the clusters app. */
export const clusterTasks = (context: Pick<AppContext, "client" | "signal">): NodeTasks => {
  const clusters = context.client(contract, "clusters");
  const call = calling(context.signal);
  return {
    async put({ id, ...task }) {
      return toTaskState(await call((options) => clusters.tasks.create({ taskId: id, ...task }, options)));
    },
  };
};

type View = {
  state: "pending" | "running" | "succeeded" | "failed";
  result: Extract<NodeTaskState, { state: "succeeded" }>["result"] | null;
  reason: Extract<NodeTaskState, { state: "failed" }>["reason"] | null;
};

const toTaskState = ({ state, result, reason }: View): NodeTaskState => {
  if (state === "succeeded" && result !== null) return { state, result };
  if (state === "pending" || state === "running") return { state: "underway" };
  const { code, message, ...details } = reason ?? { code: "unknown", message: "" };
  return { state: "failed", reason: reasonOf(code, message, details) };
};
