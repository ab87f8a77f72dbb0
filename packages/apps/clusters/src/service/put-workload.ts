import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId, OrganisationId, ProjectId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { PutWorkload } from "../contract/workload.ts";
import { reasonForEvent } from "../reason.ts";
import { insertRelease, listReleases, removeUnusedReleases } from "../store/releases.ts";
import { findGivenUp, isRemoved } from "../store/removed-workloads.ts";
import { listReplicas } from "../store/replicas.ts";
import { beginRollout } from "../store/rollouts.ts";
import { bumpRevision, setTargets } from "../store/routes.ts";
import { insertWorkload, lockWorkload, lockWorkloadId, type NewWorkload } from "../store/workloads.ts";
import type { ReleaseSpec, Workload, WorkloadRelease } from "../workload.ts";
import type { ClustersDeps } from "./deps.ts";
import { sealParts } from "./release-env.ts";
import { emitRollout } from "./rollout-events.ts";
import { withdrawRollout } from "./withdraw-rollout.ts";

/**
 * Gives a workload a release to roll out. Safe to repeat. A newer generation takes the place of one that does not have
 * all the traffic yet.
 *
 * @throws {DomainError} conflict, for a generation that is not newer than what is known, a workload on its way out, or a
 *   node that its volumes are not on; gone, for one that was removed
 */
export const putWorkload = (deps: ClustersDeps, input: PutWorkload): Promise<void> =>
  deps.sql.begin(async (tx) => {
    const workload = toNewWorkload(input);
    const spec = specOf(input.release);
    const now = deps.clock();
    await lockWorkloadId(tx, workload.id);
    const isNew = await insertWorkload(tx, workload, now);
    // Asked after the insert, which waits for the step that deletes the row of a workload on its way out.
    if (await isRemoved(tx, workload.id)) throw new DomainError("gone", "This workload was removed.");
    if (isNew) {
      if (input.generation <= (await findGivenUp(tx, workload.id))) throw givenUp(input.generation);
      await bumpRevision(tx); // its hosts are known from now on, with nothing behind them
    } else {
      const current = await lockWorkload(tx, input.workloadId);
      if (current === null) throw new DomainError("gone", "This workload was removed.");
      if (isKnown(current, input)) return await confirmSame(tx, current, spec);
      await replaceRollout(deps, tx, current, workload, now);
    }
    const sealed = sealParts(deps.keys, { ...workload, workloadId: workload.id }, input.release);
    await insertRelease(tx, workload, spec, sealed);
    await removeUnusedReleases(tx, workload.id);
    await emitRollout(tx, "started", workload, spec);
    afterCommit(tx, () => {
      deps.signals.routes.raise();
      deps.signals.due.raise();
    });
  });

const toNewWorkload = (input: PutWorkload): NewWorkload => ({
  id: input.workloadId as WorkloadId,
  organisationId: input.organisationId as OrganisationId,
  projectId: input.projectId as ProjectId,
  projectSlug: input.projectSlug,
  serviceSlug: input.serviceSlug,
  pinnedNodeId: (input.nodeId ?? null) as NodeId | null,
  generation: input.generation,
  hosts: input.release.hosts,
});

/** A release without what is only kept sealed. */
export const specOf = ({ env: _env, files: _files, ...spec }: WorkloadRelease): ReleaseSpec => ({
  ...spec,
  releaseId: spec.releaseId as ReleaseId,
});

/** Whether the generation is the stored one; refuses what must not replace it. */
const isKnown = (current: Workload, input: PutWorkload): boolean => {
  const { generation } = input;
  if (current.organisationId !== input.organisationId || current.projectId !== input.projectId) {
    throw new DomainError("conflict", "This workload belongs to another project.");
  }
  if (current.removing) throw new DomainError("conflict", "This workload is being removed.");
  if (generation < current.generation) {
    throw new DomainError("conflict", `Generation ${generation} is older than ${current.generation}, which is known.`);
  }
  if (generation > current.generation && generation <= current.abortedGeneration) {
    throw givenUp(generation);
  }
  if (generation === current.generation) return true;
  if (input.nodeId !== undefined && current.volumeNodeId !== null && input.nodeId !== current.volumeNodeId) {
    throw new DomainError("conflict", "The volumes of this workload are on another node.");
  }
  return false;
};

const givenUp = (generation: number) =>
  new DomainError("conflict", `Generation ${generation} was given up before it arrived.`);

const confirmSame = async (tx: Tx, current: Workload, spec: ReleaseSpec): Promise<void> => {
  const stored = (await listReleases(tx, current.id)).get(current.generation);
  if (stored?.releaseId !== spec.releaseId) {
    throw new DomainError("conflict", `Generation ${current.generation} is another release.`);
  }
};

const replaceRollout = async (
  deps: ClustersDeps,
  tx: Tx,
  current: Workload,
  next: NewWorkload,
  now: Date,
): Promise<void> => {
  const release = (await listReleases(tx, current.id)).get(current.generation);
  if (current.rollout.state === "running") {
    const replicas = await listReplicas(tx, current.id);
    await withdrawRollout({ tx, signals: deps.signals, workload: current, replicas, now, traffic: null });
    const { phase } = current.rollout;
    // One that only waits for the old release to serve again has failed already.
    if (phase.at === "restoring")
      await emitRollout(tx, "failed", current, release, { reason: reasonForEvent(phase.reason) });
    else await emitRollout(tx, "superseded", current, release, { byGeneration: next.generation });
  }
  // It has the traffic already; only the gateways' word was still missing.
  if (current.rollout.state === "switching") await emitRollout(tx, "succeeded", current, release);
  await beginRollout(tx, next, now);
  if (current.serving !== null) return;
  await bumpRevision(tx);
  await setTargets(tx, current.id, next.hosts, []);
};
