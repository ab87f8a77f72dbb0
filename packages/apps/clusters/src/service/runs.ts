import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { isId, type NodeId, type OrganisationId, type ProjectId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { CreateRun } from "../contract/run.ts";
import type { Run } from "../run.ts";
import { isRemoved } from "../store/removed-workloads.ts";
import { countUnfinishedRuns, findRun, finishRun, insertRun, lockRun, type NewRun } from "../store/runs.ts";
import { findWorkload, lockWorkloadId } from "../store/workloads.ts";
import { changeNodes, type NodeChanges } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { specOf } from "./put-workload.ts";
import { sealRun } from "./release-env.ts";
import { emitRun } from "./run-events.ts";

/** More than that at once is a caller gone wrong, and each takes memory of a node. */
const MAX_UNFINISHED = 100;

/**
 * Begins to run a command. Safe to repeat: one id is one run. The workload need not be known yet, for some commands come
 * before its first release.
 *
 * @throws {DomainError} gone, when the workload was removed; conflict, when it is another project's or on its way out, or
 *   the id is a run of another workload; rate_limited, when it has too many already
 */
export const createRun = (deps: ClustersDeps, input: CreateRun): Promise<Run> =>
  deps.sql.begin(async (tx) => {
    const run = toNewRun(input, deps.clock());
    await lockWorkloadId(tx, run.workloadId);
    const known = await findRun(tx, run.id);
    if (known !== null) return confirmSame(known, run);
    await checkWorkload(tx, run);
    if ((await countUnfinishedRuns(tx, run.workloadId)) >= MAX_UNFINISHED) {
      throw new DomainError("rate_limited", `At most ${MAX_UNFINISHED} commands of a service may run at once.`);
    }
    const isNew = await insertRun(tx, run, sealRun(deps.keys, run, input.release));
    const stored = await findRun(tx, run.id);
    invariant(stored !== null, "it was inserted, now or by another request");
    if (!isNew) return confirmSame(stored, run);
    afterCommit(tx, () => deps.signals.due.raise());
    return stored;
  });

const confirmSame = (known: Run, asked: NewRun): Run => {
  if (known.workloadId === asked.workloadId) return known;
  throw new DomainError("conflict", "There is a run of another service with this id.");
};

const checkWorkload = async (tx: Tx, run: NewRun): Promise<void> => {
  if (await isRemoved(tx, run.workloadId)) throw new DomainError("gone", "This workload was removed.");
  const workload = await findWorkload(tx, run.workloadId);
  if (workload === null) return;
  if (workload.organisationId !== run.organisationId || workload.projectId !== run.projectId) {
    throw new DomainError("conflict", "This workload belongs to another project.");
  }
  if (workload.removing) throw new DomainError("conflict", "This workload is being removed.");
};

const toNewRun = (input: CreateRun, now: Date): NewRun => ({
  id: input.runId.toLowerCase(),
  workloadId: input.workloadId.toLowerCase() as WorkloadId,
  organisationId: input.organisationId as OrganisationId,
  projectId: input.projectId as ProjectId,
  projectSlug: input.projectSlug,
  serviceSlug: input.serviceSlug,
  spec: specOf(input.release),
  command: input.command,
  timeoutSeconds: input.timeoutSeconds,
  wantedNodeId: (input.nodeId ?? null) as NodeId | null,
  createdAt: now,
});

/** @throws {DomainError} not_found */
export const getRun = async (deps: ClustersDeps, id: string): Promise<Run> => {
  const run = isId(id) ? await findRun(deps.sql, id) : null;
  if (run === null) throw notFound();
  return run;
};

/** Stops a run; nothing happens to one that has ended. @throws {DomainError} not_found */
export const cancelRun = (deps: ClustersDeps, id: string): Promise<Run> =>
  deps.sql.begin(async (tx) => {
    const run = await lockRun(tx, id);
    if (run === null) throw notFound();
    if (run.finishedAt !== null) return run;
    const changes = await changeNodes(tx, deps.signals, run.nodeId === null ? [] : [run.nodeId]);
    await cancelRuns(tx, changes, [run], deps.clock());
    return (await findRun(tx, id)) ?? run;
  });

/** Stops runs that are locked, whose nodes are among those that change. */
export const cancelRuns = async (tx: Tx, changes: NodeChanges, runs: readonly Run[], now: Date): Promise<void> => {
  for (const run of runs) {
    // At most MAX_UNFINISHED; each tells of its own end.
    await endRun(tx, changes, run, { state: "cancelled", reason: null }, now);
  }
};

type End = Omit<Parameters<typeof finishRun>[2], "stopGeneration">;

/** Ends a run, in words of what became of it, and has its node remove what is left. */
export const endRun = async (tx: Tx, changes: NodeChanges, run: Run, end: End, now: Date): Promise<void> => {
  const stopGeneration = run.nodeId === null ? null : (changes.get(run.nodeId) ?? null);
  await finishRun(tx, run.id, { ...end, stopGeneration }, now);
  await emitRun(tx, end.state, run, end.reason);
};

const notFound = () => new DomainError("not_found", "There is no such run.");
