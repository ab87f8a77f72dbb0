import { judgeCandidate } from "./candidate.ts";
import { placeReplicas, waitForPlace } from "./placement.ts";
import { act, lookAt, type Plan, type RolloutView, together } from "./plan.ts";
import type { Replica } from "./replica.ts";
import { isRepair } from "./standing.ts";
import { type Reason, wantedReplicas } from "./workload.ts";

/** Whether a replica was started for the running rollout and has not all the traffic yet. */
export const isOfRollout = ({ workload }: RolloutView, { role, generation }: Replica): boolean =>
  workload.rollout.state === "running" &&
  workload.rollout.phase.at !== "restoring" &&
  generation === workload.generation &&
  (role === "candidate" || role === "canary");

/** All new replicas ready and stable, then one switch for all of them. One that fails ends the rollout. */
export const planRolling = (view: RolloutView): Plan => {
  const ready = gather(view, wantedReplicas(view.release));
  return ready.is === "steady" ? act({ do: "switch", replicaIds: ready.replicas.map(({ id }) => id) }) : ready.plan;
};

export type Gathered = { is: "steady"; replicas: Replica[] } | { is: "underway"; plan: Plan };

/** Brings the rollout's release to `count` steady replicas: says what to do until then, or that they are there. */
export const gather = (view: RolloutView, count: number): Gathered => {
  const { generation } = view.workload;
  const underway = (plan: Plan): Gathered => ({ is: "underway", plan });
  const replicas = view.replicas
    .filter((replica) => isOfRollout(view, replica))
    .toSorted((a, b) => a.ordinal - b.ordinal);
  const verdicts = replicas.map((replica) => judgeCandidate(view, view.release, replica));
  const failed = verdicts.find((verdict) => verdict.is === "failed");
  if (failed !== undefined) return underway(endWith(view, failed.reason));
  if (view.replicas.some((each) => isStray(view, each))) return underway(lookAt(view.now)); // it is being stopped
  const missing = ordinalsBelow(count).filter((ordinal) => !replicas.some((replica) => replica.ordinal === ordinal));
  const waits = verdicts.flatMap((verdict) => (verdict.is === "waiting" ? [verdict.plan] : []));
  if (missing.length === 0) return waits.length === 0 ? { is: "steady", replicas } : underway(together(waits));
  const placed = placeReplicas(view, generation, missing);
  if (placed !== null) return underway(together([placed, ...waits]));
  const place = waitForPlace(view);
  return underway(place.is === "failed" ? endWith(view, place.reason) : together([place.plan, ...waits]));
};

const ordinalsBelow = (count: number): number[] => Array.from({ length: count }, (_, ordinal) => ordinal);

/** Whether a candidate is there for nothing: its rollout is over, or what it should replace is not lost after all. */
export const isStray = (view: RolloutView, replica: Replica): boolean =>
  replica.role === "candidate" && !isOfRollout(view, replica) && !isRepair(view, replica);

/** A rollout that failed. When what served was taken off for it, that comes back first. */
export const endWith = ({ workload }: RolloutView, reason: Reason): Plan =>
  act(workload.offSince !== null && workload.serving !== null ? { do: "restore", reason } : { do: "fail", reason });
