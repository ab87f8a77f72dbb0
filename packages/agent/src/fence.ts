import type { DesiredReplica, DesiredState } from "@homeport/clusters/contract.ts";
import type { EngineReplica } from "./ports.ts";

/**
 * The highest epoch this node was ever told of, by id of a workload or of a volume. A control plane that lost its memory,
 * or a message that was long on its way, cannot bring back what a newer one has replaced.
 */
export type Epochs = ReadonlyMap<string, number>;

/** `known` with what a state tells; the same map when that is nothing new. */
export const raiseEpochs = (known: Epochs, state: DesiredState): Epochs => {
  const raised = new Map(known);
  const raise = (id: string, epoch: number): void => {
    if (epoch > (raised.get(id) ?? 0)) raised.set(id, epoch);
  };
  for (const { workloadId, epoch, volumes } of state.replicas) {
    raise(workloadId, epoch);
    for (const { volumeId } of volumes) raise(volumeId, epoch);
  }
  const changed = raised.size !== known.size || [...raised].some(([id, epoch]) => known.get(id) !== epoch);
  return changed ? raised : known;
};

/** Whether a newer generation of the workload was here before. */
export const isStale = ({ workloadId, epoch }: Pick<DesiredReplica, "workloadId" | "epoch">, seen: Epochs): boolean =>
  epoch < (seen.get(workloadId) ?? 0);

/**
 * The replica that keeps a service with volumes from being started: two processes that write to the same files are the end
 * of most databases. Runs are beside the service on purpose, as a migration is, and neither wait nor are waited for.
 */
export const otherWriter = (
  replica: Pick<DesiredReplica, "id" | "workloadId" | "kind" | "volumes">,
  existing: readonly EngineReplica[],
): EngineReplica | null => {
  if (replica.kind === "run" || replica.volumes.length === 0) return null;
  const isWriter = (other: EngineReplica): boolean =>
    other.id !== replica.id &&
    other.workloadId === replica.workloadId &&
    other.kind === "service" &&
    (other.state.kind === "running" || (other.state.kind === "exited" && other.state.restarting));
  return existing.find(isWriter) ?? null;
};
