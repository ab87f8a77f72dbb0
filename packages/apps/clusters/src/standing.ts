import { isReadyNow, judgeCandidate } from "./candidate.ts";
import { placeReplicas } from "./placement.ts";
import {
  act,
  after,
  earliest,
  isNodeOnline,
  lookAt,
  missedFrom,
  nodeOf,
  nothing,
  type Plan,
  type RolloutView,
  together,
} from "./plan.ts";
import { isCompleted, type Replica } from "./replica.ts";
import { isExclusive, type ReleaseSpec, wantedReplicas } from "./workload.ts";

/** A replica that serves is given up once its agent says for so long that it cannot run it. */
export const LOST_MS = 15_000;

/** How soon to look again whether there is room, or a node, for a replacement; a node that comes back need not say so. */
const ROOM_POLL_MS = 5_000;

/** What has the traffic, with the release that says how much of it there shall be. */
type Standing = { generation: number; spec: ReleaseSpec };

/**
 * Keeps what serves complete, without a new release: a lost replica goes on having its place in the routes until another
 * one is ready to take it. Of a release that allows nothing beside it, the lost one has to be gone first.
 */
export const planStanding = (view: RolloutView): Plan => {
  const standing = keptStanding(view);
  if (standing === null) return nothing;
  const candidates = repairsUnderway(view, standing).flatMap((ordinal) => repairOf(view, standing, ordinal) ?? []);
  const missing = repairsOf(view, standing).filter((ordinal) => repairOf(view, standing, ordinal) === undefined);
  const watched = watchServing(view, standing);
  if (watched.actions.length > 0) return watched; // what is stopped has to be gone before anything is started
  return together([
    watched,
    ...candidates.map((candidate) => planRepair(view, standing, candidate)),
    missing.length === 0 ? nothing : startRepairs(view, standing, missing),
  ]);
};

/** Whether a candidate is there to replace a lost replica of what serves. */
export const isRepair = (view: RolloutView, { generation, ordinal }: Replica): boolean => {
  const standing = keptStanding(view);
  return standing?.generation === generation && repairsUnderway(view, standing).includes(ordinal);
};

/** Whether all that shall serve is there again. */
export const isWhole = (view: RolloutView): boolean => {
  const standing = keptStanding(view);
  return standing === null || repairsOf(view, standing).length === 0;
};

/** Whether nothing of another release, and nothing that is going away, is left of the workload. */
export const isAlone = (view: RolloutView, generation: number): boolean =>
  view.replicas.every(
    (replica) => replica.generation === generation && replica.role !== "draining" && replica.role !== "stopping",
  );

/** Null while what serves is not to be kept: it has to make room, or there is none. */
const keptStanding = ({ workload, servingRelease: spec, release }: RolloutView): Standing | null => {
  const { serving, rollout, offSince } = workload;
  if (serving === null || spec === null) return null;
  const standing = { generation: serving.generation, spec };
  if (!isUnderway(rollout)) return standing;
  return offSince !== null || isExclusive(release) || isExclusive(spec) ? null : standing;
};

/** Whether a newer release is on its way. */
const isUnderway = (rollout: RolloutView["workload"]["rollout"]): boolean =>
  rollout.state === "running" && rollout.phase.at !== "restoring";

/** The numbers of replicas that are lost or not there. During a rollout, what is not there at all is left at that. */
const repairsOf = (view: RolloutView, standing: Standing): number[] =>
  Array.from({ length: wantedReplicas(standing.spec) }, (_, ordinal) => ordinal).filter((ordinal) => {
    const holders = servingOf(view, standing).filter((replica) => replica.ordinal === ordinal);
    if (holders.length === 0) return !isUnderway(view.workload.rollout);
    return holders.every((holder) => isLost(view, standing, holder));
  });

/** Which of them may go on: a controller that just started blames no node, and takes back no blame either. */
const repairsUnderway = (view: RolloutView, standing: Standing): number[] =>
  repairsOf({ ...view, watchingSince: new Date(0) }, standing);

const servingOf = (view: RolloutView, { generation }: Standing): Replica[] =>
  view.replicas.filter((replica) => replica.role === "serving" && replica.generation === generation);

const repairOf = (view: RolloutView, { generation }: Standing, ordinal: number): Replica | undefined =>
  view.replicas.find((each) => each.role === "candidate" && each.generation === generation && each.ordinal === ordinal);

const isLost = (view: RolloutView, standing: Standing, replica: Replica): boolean => {
  const at = lostAt(view, standing, replica);
  return at !== null && at <= view.now;
};

/** When a serving replica counts as lost if nothing changes; null for never. */
const lostAt = (view: RolloutView, { spec }: Standing, replica: Replica): Date | null => {
  if (isCompleted(replica, spec)) return null;
  if (replica.state === "failed" || replica.state === "stopped") return after(replica.stateSince, LOST_MS);
  // Nobody can tell whether it still writes where its node does not answer, so nothing may be started beside it.
  if (isExclusive(spec) || isNodeOnline(view, replica)) return null;
  return missedFrom(view, nodeOf(view, replica)?.lastSeenAt ?? replica.createdAt);
};

const watchServing = (view: RolloutView, standing: Standing): Plan => {
  const serving = servingOf(view, standing);
  const lost = isExclusive(standing.spec) ? serving.filter((replica) => isLost(view, standing, replica)) : [];
  const next = serving.map((replica) => lostAt(view, standing, replica)).filter((at) => at !== null && at > view.now);
  return { actions: lost.map(({ id }) => ({ do: "stop", replicaId: id })), checkAt: earliest(next) };
};

const planRepair = (view: RolloutView, { spec }: Standing, candidate: Replica): Plan => {
  const verdict = judgeCandidate(view, spec, candidate);
  if (verdict.is === "failed") return act({ do: "give_up_repair", replicaId: candidate.id, reason: verdict.reason });
  return verdict.is === "steady" ? act({ do: "promote", replicaId: candidate.id }) : verdict.plan;
};

const startRepairs = (view: RolloutView, { generation, spec }: Standing, missing: number[]): Plan => {
  const { repairs, offSince } = view.workload;
  if (repairs.notBefore !== null && repairs.notBefore > view.now) return lookAt(repairs.notBefore);
  const needsRoom = isExclusive(spec) || offSince !== null;
  const later = lookAt(after(view.now, ROOM_POLL_MS));
  if (needsRoom && !isAlone(view, generation)) return later;
  return placeReplicas(view, generation, missing) ?? later;
};

/** How many of a generation's replicas do what they are for. */
export const countReady = (replicas: readonly Replica[], generation: number, spec: ReleaseSpec): number =>
  replicas.filter(
    (replica) =>
      replica.generation === generation &&
      replica.role !== "draining" &&
      replica.role !== "stopping" &&
      isReadyNow(spec, replica),
  ).length;
