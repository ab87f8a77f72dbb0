import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import type { VolumeRecord } from "../volume-records.ts";
import { chooseUid } from "./prepare.ts";
import type { ReplicaRecord } from "./record.ts";

/**
 * The user a replica runs as. Without volumes it has one of its own; with volumes all replicas of its workload have the
 * same, so that the next one can read what the last one wrote. Nobody else ever gets a user that owns a volume.
 */
export const chooseOwner = (
  replica: Pick<DesiredReplica, "id" | "workloadId" | "volumes">,
  replicas: readonly Pick<ReplicaRecord, "uid" | "replica">[],
  volumes: readonly VolumeRecord[],
): number => {
  const sharesWith = (workloadId: string | null): boolean =>
    replica.volumes.length > 0 && workloadId === replica.workloadId;
  const taken = new Set<number>();
  for (const { uid, replica: other } of replicas)
    if (uid !== null && !(sharesWith(other.workloadId) && other.volumes.length > 0)) taken.add(uid);
  for (const { uid, workloadId } of volumes) if (uid !== null && !sharesWith(workloadId)) taken.add(uid);
  if (replica.volumes.length === 0) return chooseUid(replica.id, taken);
  const mine = new Set(replica.volumes.map(({ volumeId }) => volumeId));
  const before = volumes.find(({ volumeId, uid }) => mine.has(volumeId) && uid !== null && !taken.has(uid))?.uid;
  return before ?? chooseUid(replica.workloadId, taken);
};
