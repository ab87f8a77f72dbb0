import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId, WorkloadId } from "@homeport/kit/ids.ts";
import type { ObservedState } from "../contract/replica.ts";
import type { ReportedReplica } from "../replica.ts";
import { judgeReport } from "../report.ts";
import { acceptReport, findGeneration } from "../store/nodes.ts";
import { listReplicasOnNode, saveReport } from "../store/replicas.ts";
import { lockWorkloads, setDue } from "../store/workloads.ts";
import type { ClustersDeps } from "./deps.ts";

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
  // Nearly all reports say nothing new, so what they are about is only locked when it will change.
  const known = await listReplicasOnNode(deps.sql, nodeId);
  const concerned = workloadsIn(known.filter((replica) => judgeReport(replica, report, deps.clock()) !== null));
  return await deps.sql.begin(async (tx) => {
    if (concerned.length > 0) await lockWorkloads(tx, concerned);
    const accepted = await acceptReport(tx, nodeId, report.sequence ?? null, deps.clock());
    if (accepted === null) return { generation: await wantedGeneration(tx, nodeId), accepted: false };
    if (concerned.length > 0) await applyReport(deps, tx, nodeId, report, concerned);
    return { generation: accepted.generation, accepted: true };
  });
};

const workloadsIn = (replicas: ReportedReplica[]): WorkloadId[] => [
  ...new Set(replicas.map(({ workloadId }) => workloadId)),
];

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
