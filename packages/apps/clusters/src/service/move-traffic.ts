import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import type { ReplicaId } from "@homeport/kit/ids.ts";
import type { TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import type { Replica } from "../replica.ts";
import { sameTargets, targetsOf } from "../route.ts";
import type { Signals } from "../signal.ts";
import { noteRouteChange } from "../store/measurements.ts";
import { drainReplicas, listReplicas, setRole } from "../store/replicas.ts";
import { noteRepaired, setOff, setStep, setSwitching } from "../store/rollouts.ts";
import { bumpRevision, setTargets } from "../store/routes.ts";
import { findWorkload } from "../store/workloads.ts";
import type { ReleaseSpec, Workload } from "../workload.ts";

/** A workload whose routes change in a transaction, which has locked all nodes that it changes before. */
export type Moving = {
  tx: Tx;
  signals: Signals;
  workload: Workload;
  replicas: readonly Replica[];
  now: Date;
  /** What gateways counted just before; null while they cannot be asked. */
  traffic: TrafficSnapshot | null;
};

/** The moment of a deploy: the new replicas have the traffic, the old ones begin to drain, one revision says both. */
export const switchTo = async (moving: Moving, release: ReleaseSpec, replicaIds: readonly ReplicaId[]) => {
  const { tx, workload, now } = moving;
  const revision = await changeRoutes(moving);
  await drainReplicas(tx, idsOf(moving, "serving"), revision, now);
  await setRole(tx, replicaIds, "serving");
  await setSwitching(tx, workload.id, revision, now);
  await setTargets(tx, workload.id, release.hosts, targetsOf(await listReplicas(tx, workload.id)));
};

/** Gives the replicas of a canary the part of the traffic that its step says. */
export const weigh = async (moving: Moving, index: number, replicaIds: readonly ReplicaId[], percent: number) => {
  const { tx, workload, now } = moving;
  const revision = await changeRoutes(moving);
  await setRole(tx, replicaIds, "canary");
  await setStep(tx, workload.id, index, revision, now);
  await setTargets(tx, workload.id, workload.hosts, targetsOf(await listReplicas(tx, workload.id), percent));
};

/** Takes what serves off the routes for the release that takes its place. */
export const takeOff = async (moving: Moving) => {
  const { tx, workload, now } = moving;
  const revision = await changeRoutes(moving);
  await drainReplicas(tx, idsOf(moving, "serving"), revision, now);
  await setOff(tx, workload.id, now);
  await setTargets(tx, workload.id, workload.hosts, targetsOf(await listReplicas(tx, workload.id)));
};

/** All traffic goes back to what served before; the canaries finish what they had begun. */
export const giveBack = async (moving: Moving) => {
  const { tx, workload, now } = moving;
  const canaries = idsOf(moving, "canary");
  if (canaries.length === 0) return;
  await drainReplicas(tx, canaries, await changeRoutes(moving), now);
  await setTargets(tx, workload.id, workload.hosts, targetsOf(await listReplicas(tx, workload.id)));
};

/** A replica takes the place of the lost one with its number, or of none. */
export const promote = async (moving: Moving, replica: Replica) => {
  const { tx, signals, workload, replicas, now } = moving;
  const lost = replicas.filter(
    (each) => each.role === "serving" && each.generation === replica.generation && each.ordinal === replica.ordinal,
  );
  const revision = await bumpRevision(tx);
  await drainReplicas(
    tx,
    lost.map(({ id }) => id),
    revision,
    now,
  );
  await setRole(tx, [replica.id], "serving");
  await noteRepaired(tx, workload.id);
  afterCommit(tx, () => signals.routes.raise());
};

/** Brings the routes in line with the replicas: an address that changed, one that is gone, a drain that is over. */
export const routeToReplicas = async (tx: Tx, signals: Signals, id: Workload["id"], release: ReleaseSpec) => {
  const workload = await findWorkload(tx, id);
  if (workload === null || workload.removing) return;
  const targets = targetsOf(await listReplicas(tx, id), percentOf(workload, release));
  if (sameTargets(workload.targets, targets)) return;
  await bumpRevision(tx);
  await setTargets(tx, id, workload.hosts, targets);
  afterCommit(tx, () => signals.routes.raise());
};

/** How much of new requests the release of a running rollout gets; null while it gets all or nothing. */
const percentOf = ({ rollout }: Workload, { strategy }: ReleaseSpec): number | null =>
  rollout.state === "running" && rollout.phase.at === "canary" && strategy.kind === "canary"
    ? (strategy.steps[rollout.phase.index]?.weight ?? null)
    : null;

const idsOf = ({ replicas }: Moving, role: Replica["role"]): ReplicaId[] =>
  replicas.filter((replica) => replica.role === role).map(({ id }) => id);

/** Takes the revision of a rollout's change of the routes, from the first of which on requests are counted. */
const changeRoutes = async ({ tx, signals, workload, traffic }: Moving): Promise<number> => {
  const revision = await bumpRevision(tx);
  await noteRouteChange(tx, { workloadId: workload.id, generation: workload.generation }, revision, traffic);
  afterCommit(tx, () => signals.routes.raise());
  return revision;
};
