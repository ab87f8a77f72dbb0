import type { Db } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { VolumeNodes } from "../ports.ts";
import type { Release } from "../release.ts";
import { listLostMounts } from "../store/mounts.ts";
import { findVolumeNode, placeData, settleVolumeNode } from "../store/volumes.ts";

type Mounting = Pick<Release, "workloadId" | "number" | "volumes">;

/**
 * Refuses a release whose volumes' data was removed since: it would start with empty folders that nobody has declared.
 *
 * @throws {DomainError} conflict
 */
export const requireMounts = async (sql: Db, release: Mounting): Promise<void> => {
  if (release.volumes.length === 0) return;
  const lost = new Set<string>(await listLostMounts(sql, release));
  const names = release.volumes.filter(({ volumeId }) => lost.has(volumeId)).map(({ name }) => name);
  if (names.length === 0) return;
  const message = `Release ${release.number} has ${names.join(", ")} mounted, and what that held was removed since. Bring it back first, if it is kept still.`;
  throw new DomainError("conflict", message);
};

/**
 * The node that a release has to run on because of its volumes, all of a workload's on one; null for one without. Chosen
 * when it is first needed, before any node is told of the volumes, and for good.
 *
 * @throws {DomainError} unavailable, while no node is online to be chosen
 */
export const nodeOfVolumes = async (
  sql: Db,
  nodes: Pick<VolumeNodes, "choose">,
  { workloadId, volumes }: Mounting,
): Promise<NodeId | null> => {
  if (volumes.length === 0) return null;
  const nodeId =
    (await findVolumeNode(sql, workloadId)) ??
    (await settleVolumeNode(sql, workloadId, await nodes.choose(workloadId)));
  if (nodeId === null) throw new DomainError("not_found", "There is no such service.");
  const ids = volumes.map(({ volumeId }) => volumeId);
  await placeData(sql, ids, nodeId);
  return nodeId;
};
