import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId, WorkloadId } from "@homeport/kit/ids.ts";
import type { ObservedState } from "../contract/replica.ts";
import { judgeReport } from "../report.ts";
import { judgeRunReport } from "../run.ts";
import { acceptReport, findGeneration } from "../store/nodes.ts";
import { listReplicasOnNode, saveReport } from "../store/replicas.ts";
import { listRunsOnNode, lockRuns, saveRunReport, setRunsDue } from "../store/runs.ts";
import { lockWorkloads, setDue } from "../store/workloads.ts";
import { changeNodes } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { recordTasks } from "./tasks.ts";

/**
 * Takes down what an agent sees on its node. Replicas that we do not know are the agent's to remove and change nothing
 * here. Reports of one node may arrive out of order and twice.
 *
 * @throws {DomainError} conflict, when the node did not say hello
 */
export const recordReport = async (
  deps: ClustersDeps,
  nodeId: NodeId,
  report: ObservedState,
): Promise<{ generation: number; accepted: boolean }> => {
  const concerned = await findConcerned(deps, nodeId, report);
  return await deps.sql.begin(async (tx) => {
    // In the order in which everybody locks: workloads, runs, then the node.
    if (concerned.workloads.length > 0) await lockWorkloads(tx, concerned.workloads);
    if (concerned.runs.length > 0) await lockRuns(tx, concerned.runs);
    const accepted = await acceptReport(tx, nodeId, report.sequence ?? null, deps.clock());
    if (accepted === null) return { generation: await wantedGeneration(tx, nodeId), accepted: false };
    if (concerned.workloads.length > 0) await applyReport(deps, tx, nodeId, report, concerned.workloads);
    if (concerned.runs.length > 0) await applyToRuns(deps, tx, nodeId, report, concerned.runs);
    await recordTasks(deps, tx, nodeId, report.tasks);
    return { generation: accepted.generation, accepted: true };
  });
};

type Concerned = { workloads: WorkloadId[]; runs: string[] };

/** Nearly all reports say nothing new, so what they are about is only locked when it will change. */
const findConcerned = async (deps: ClustersDeps, nodeId: NodeId, report: ObservedState): Promise<Concerned> => {
  const now = deps.clock();
  const replicas = await listReplicasOnNode(deps.sql, nodeId);
  const runs = await listRunsOnNode(deps.sql, nodeId);
  const changed = replicas.filter((replica) => judgeReport(replica, report, now) !== null);
  return {
    workloads: [...new Set(changed.map(({ workloadId }) => workloadId))],
    runs: runs.filter((run) => judgeRunReport(run, report, now) !== null).map(({ id }) => id),
  };
};

const wantedGeneration = async (tx: Tx, nodeId: NodeId): Promise<number> => {
  const generation = await findGeneration(tx, nodeId);
  if (generation === null)
    throw new DomainError("conflict", "This node is not known; its agent has to say hello first.");
  return generation;
};

const applyReport = async (
  deps: ClustersDeps,
  tx: Tx,
  nodeId: NodeId,
  report: ObservedState,
  locked: WorkloadId[],
): Promise<void> => {
  const now = deps.clock();
  const replicas = await listReplicasOnNode(tx, nodeId);
  for (const replica of replicas.filter(({ workloadId }) => locked.includes(workloadId))) {
    const next = judgeReport(replica, report, now);
    if (next !== null) await saveReport(tx, next); // rarely more than one changes between two reports
  }
  await setDue(tx, locked, now);
  afterCommit(tx, () => deps.signals.due.raise());
};

const applyToRuns = async (
  deps: ClustersDeps,
  tx: Tx,
  nodeId: NodeId,
  report: ObservedState,
  locked: string[],
): Promise<void> => {
  const now = deps.clock();
  const runs = (await listRunsOnNode(tx, nodeId)).filter(({ id }) => locked.includes(id));
  const changes = runs.flatMap((run) => judgeRunReport(run, report, now) ?? []);
  for (const change of changes) await saveRunReport(tx, change); // rarely more than one, too
  // What is gone is told no more, and that is a change of what the node shall do.
  if (changes.some(({ goneAt }) => goneAt !== null)) await changeNodes(tx, deps.signals, [nodeId]);
  await setRunsDue(tx, locked, now);
  afterCommit(tx, () => deps.signals.due.raise());
};
