import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { isId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { isSnapshotInUse } from "../store/volume-operations.ts";
import { dropSnapshot, findSnapshot, listSnapshots } from "../store/volume-snapshots.ts";
import { lockWorkload } from "../store/workloads.ts";
import type { Snapshot, SnapshotId } from "../volume-snapshot.ts";
import type { Page } from "./reads.ts";
import { volumeEntry } from "./volume-events.ts";
import type { VolumePlace } from "./volume-operations.ts";

/** Snapshots as things of their own; taking and restoring one are operations on the volume. */
export const createVolumeSnapshots = (sql: Sql, wake: () => void) => ({
  /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave */
  async list({ volume }: VolumePlace, { cursor, limit }: Page): Promise<Paged<Snapshot>> {
    if (cursor !== undefined && !isId(cursor))
      throw new DomainError("invalid", "cursor: take it from nextCursor of the page before.");
    const before = (cursor ?? null) as SnapshotId | null;
    return cutPage(await listSnapshots(sql, volume.dataId, before, limit + 1), limit, ({ id }) => id);
  },

  /**
   * From now on nobody can use it; its archive is deleted as soon as its node can. False when that was asked for before.
   *
   * @throws {DomainError} not_found; conflict, while something is done with it
   */
  async remove(place: VolumePlace, id: SnapshotId): Promise<boolean> {
    const { service, volume } = place;
    const removed = await sql.begin(async (tx) => {
      await lockWorkload(tx, service.workloadId); // whoever begins a restore waits
      const snapshot = await findSnapshot(tx, volume.dataId, id);
      if (snapshot === null) throw new DomainError("not_found", "There is no such snapshot.");
      if (await isSnapshotInUse(tx, id)) {
        throw new DomainError("conflict", "The snapshot is being taken or restored right now.");
      }
      if (!(await dropSnapshot(tx, id))) return false;
      const after = { snapshot: id, environment: service.environmentSlug };
      await audit(tx, { ...volumeEntry("snapshot:remove", place), after });
      return true;
    });
    wake();
    return removed;
  },
});

export type VolumeSnapshots = ReturnType<typeof createVolumeSnapshots>;
