import type { Target, WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Replica, ReplicaRole } from "./replica.ts";

/** All routes as of one revision. */
export type RouteTable = { revision: number; routes: WorkloadRoute[] };

/** States in which nothing listens at the address that was reported before. */
const DOWN: ReadonlySet<string> = new Set(["pulling", "exited", "failed", "stopped"]);

type Routed = Pick<Replica, "id" | "role" | "state" | "address">;

/**
 * Where requests of a workload may go. A serving replica that is merely not ready stays: taking the only one away
 * would turn slow answers into none, and an agent that starts again reports its replicas as not probed yet. One that
 * fails its probe while another is ready gets no new requests.
 *
 * @param canaryPercent how much of new requests canaries get together; null while there is no canary
 */
export const targetsOf = (replicas: readonly Routed[], canaryPercent: number | null = null): Target[] => {
  const up = replicas.filter(({ role, state, address }) => STATES[role] && address !== null && !DOWN.has(state));
  const isSpared = up.some(({ role, state }) => role === "serving" && state === "ready");
  const weights = canaryPercent === null ? {} : weightsOf(up, canaryPercent);
  return up.flatMap(({ id, role, state, address }) => {
    const given = isSpared && role === "serving" && state === "unhealthy" ? "draining" : STATES[role];
    const weight = weights[role];
    if (address === null || given === undefined) return [];
    return [{ replicaId: id, ...address, state: given, ...(weight === undefined ? {} : { weight }) }];
  });
};

const STATES: Partial<Record<ReplicaRole, Target["state"]>> = {
  serving: "ready",
  canary: "ready",
  draining: "draining",
};

/**
 * A weight belongs to one target, so the part of a release is divided by its targets; both are multiplied by the number
 * of targets on the other side, which keeps them whole: at most 99 % of 50 targets.
 */
const weightsOf = (up: readonly Routed[], percent: number): Partial<Record<ReplicaRole, number>> => {
  const canaries = up.filter(({ role }) => role === "canary").length;
  const serving = up.filter(({ role }) => role === "serving").length;
  if (canaries === 0 || serving === 0) return {};
  const [canary, stable] = [percent * serving, (100 - percent) * canaries];
  const divisor = greatestCommonDivisor(canary, stable);
  return { canary: canary / divisor, serving: stable / divisor };
};

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Whether two lists say the same; their order does not matter. */
export const sameTargets = (a: readonly Target[], b: readonly Target[]): boolean => {
  const key = ({ replicaId, host, port, state, weight }: Target) =>
    `${replicaId} ${host} ${port} ${state} ${weight ?? ""}`;
  const known = new Set(a.map(key));
  return a.length === b.length && b.every((target) => known.has(key(target)));
};
