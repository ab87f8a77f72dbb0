import type { Target, WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Replica } from "./replica.ts";

/** All routes as of one revision. */
export type RouteTable = { revision: number; routes: WorkloadRoute[] };

/** States in which nothing listens at the address that was reported before. */
const DOWN: ReadonlySet<string> = new Set(["pulling", "exited", "failed", "stopped"]);

/**
 * Where requests of a workload may go. A serving replica that is merely not ready stays: taking the only one away
 * would turn slow answers into none, and an agent that starts again reports its replicas as not probed yet.
 */
export const targetsOf = (replicas: readonly Pick<Replica, "id" | "role" | "state" | "address">[]): Target[] =>
  replicas.flatMap(({ id, role, state, address }) =>
    address === null || DOWN.has(state) || (role !== "serving" && role !== "draining")
      ? []
      : [{ replicaId: id, ...address, state: role === "serving" ? ("ready" as const) : ("draining" as const) }],
  );

/** Whether two lists say the same; their order does not matter. */
export const sameTargets = (a: readonly Target[], b: readonly Target[]): boolean => {
  const key = (target: Target) => `${target.replicaId} ${target.host} ${target.port} ${target.state}`;
  const known = new Set(a.map(key));
  return a.length === b.length && b.every((target) => known.has(key(target)));
};
