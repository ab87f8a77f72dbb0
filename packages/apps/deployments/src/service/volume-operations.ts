import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { isId, newId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { Actor } from "../actor.ts";
import type { Service } from "../service.ts";
import { listUnfinished } from "../store/deployments.ts";
import {
  findVolumeOperation,
  insertVolumeOperation,
  listVolumeOperations,
  type NewVolumeOperation,
} from "../store/volume-operations.ts";
import { countSnapshots, findSnapshot, insertSnapshot } from "../store/volume-snapshots.ts";
import { findVolumeData } from "../store/volumes.ts";
import { lockWorkload } from "../store/workloads.ts";
import type { Volume } from "../volume.ts";
import { isExclusive, OPERATION_SECONDS, type VolumeOperation, type VolumeOperationId } from "../volume-operation.ts";
import { MAX_SNAPSHOTS, type SnapshotId } from "../volume-snapshot.ts";
import type { Page } from "./reads.ts";
import { emitVolumeOperation, volumeEntry } from "./volume-events.ts";
import { requireConfirmed } from "./volumes.ts";

/** A volume of a service in one environment. */
export type VolumePlace = { service: Service; volume: Volume };

type Wish = Pick<NewVolumeOperation, "kind"> & Partial<Pick<NewVolumeOperation, "snapshotId" | "savedId" | "sizeMiB">>;

/** What is done with the data of volumes. Each returns once the wish is stored; the stepper does the work. */
export const createVolumeOperations = (sql: Sql, wake: () => void) => {
  const get = async ({ volume }: VolumePlace, id: VolumeOperationId): Promise<VolumeOperation> => {
    const operation = await findVolumeOperation(sql, volume.dataId, id);
    if (operation === null) throw new DomainError("not_found", "There is no such operation.");
    return operation;
  };

  const ask = async (
    place: VolumePlace,
    action: string,
    createdBy: Actor,
    plan: (tx: Tx) => Promise<Wish>,
    after: Record<string, unknown> = {},
  ): Promise<VolumeOperation> => {
    const { service, volume } = place;
    const { organisationId, workloadId } = service;
    const id = newId<VolumeOperationId>();
    await sql.begin(async (tx) => {
      await lockWorkload(tx, workloadId); // whoever queues a deployment waits, and sees this one
      await refuseWithoutData(tx, place);
      const wish = { snapshotId: null, savedId: null, sizeMiB: null, ...(await plan(tx)) };
      if (isExclusive(wish.kind)) await refuseWhileDeploying(tx, service);
      const operation = { ...wish, id, organisationId, workloadId, dataId: volume.dataId, createdBy };
      await insertVolumeOperation(tx, operation, OPERATION_SECONDS);
      await emitVolumeOperation(tx, "queued", operation, place, createdBy);
      const told = { environment: service.environmentSlug, operation: id, ...after };
      await audit(tx, { ...volumeEntry(action, place), after: told });
    });
    wake();
    return get(place, id);
  };

  return {
    get,

    /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave */
    async list({ volume }: VolumePlace, { cursor, limit }: Page): Promise<Paged<VolumeOperation>> {
      if (cursor !== undefined && !isId(cursor))
        throw new DomainError("invalid", "cursor: take it from nextCursor of the page before.");
      const before = (cursor ?? null) as VolumeOperationId | null;
      return cutPage(await listVolumeOperations(sql, volume.dataId, before, limit + 1), limit, ({ id }) => id);
    },

    /** @throws {DomainError} invalid, when it is not confirmed; conflict */
    reset(place: VolumePlace, confirm: string, by: Actor): Promise<VolumeOperation> {
      requireConfirmed(place.volume, confirm);
      return ask(place, "volume:reset", by, async () => ({ kind: "reset" }));
    },

    /** @throws {DomainError} conflict */
    resize: (place: VolumePlace, sizeMiB: number, by: Actor): Promise<VolumeOperation> =>
      ask(place, "volume:resize", by, async () => ({ kind: "resize", sizeMiB }), { sizeMiB }),

    /** @throws {DomainError} conflict, also when there are as many as are kept */
    takeSnapshot(place: VolumePlace, note: string | null, by: Actor): Promise<VolumeOperation> {
      const { dataId, organisationId } = place.volume;
      const snapshotId = newId<SnapshotId>();
      const plan = async (tx: Tx): Promise<Wish> => {
        if ((await countSnapshots(tx, dataId)) >= MAX_SNAPSHOTS) {
          throw new DomainError("conflict", `A volume has at most ${MAX_SNAPSHOTS} snapshots. Remove one first.`);
        }
        await insertSnapshot(tx, { id: snapshotId, organisationId, dataId, origin: "request", note, createdBy: by });
        return { kind: "snapshot", snapshotId };
      };
      return ask(place, "snapshot:create", by, plan, { snapshot: snapshotId, ...(note === null ? {} : { note }) });
    },

    /** @throws {DomainError} invalid, when it is not confirmed; not_found; conflict */
    async restore(place: VolumePlace, id: SnapshotId, confirm: string, by: Actor): Promise<VolumeOperation> {
      requireConfirmed(place.volume, confirm);
      const { dataId, organisationId } = place.volume;
      const savedId = newId<SnapshotId>();
      const plan = async (tx: Tx): Promise<Wish> => {
        const snapshot = await findSnapshot(tx, dataId, id);
        if (snapshot === null) throw new DomainError("not_found", "There is no such snapshot.");
        if (snapshot.state !== "ready") {
          const why = snapshot.state === "taking" ? "is still being taken" : "was removed";
          throw new DomainError("conflict", `The snapshot ${why}.`);
        }
        if (snapshot.nodeId !== place.volume.nodeId) {
          throw new DomainError("conflict", "The snapshot is on another node than the volume by now.");
        }
        const saved = { id: savedId, organisationId, dataId, note: null, createdBy: by };
        await insertSnapshot(tx, { ...saved, origin: "before-restore" });
        return { kind: "restore", snapshotId: id, savedId };
      };
      return ask(place, "snapshot:restore", by, plan, { snapshot: id });
    },
  };
};

export type VolumeOperations = ReturnType<typeof createVolumeOperations>;

/** It may have been removed, and its data be on the way out, since it was looked up. */
const refuseWithoutData = async (tx: Tx, { service, volume }: VolumePlace): Promise<void> => {
  const current = await findVolumeData(tx, service.workloadId, volume.id);
  if (current?.dataId !== volume.dataId) throw new DomainError("not_found", "There is no such volume.");
  if (current.nodeId === null) {
    throw new DomainError(
      "conflict",
      "The volume was never used yet, so there is nothing in it. Deploy the service first.",
    );
  }
};

const refuseWhileDeploying = async (tx: Tx, { slug, workloadId }: Service): Promise<void> => {
  if ((await listUnfinished(tx, workloadId)).length === 0) return;
  const message = `${slug} is being deployed, and must be stopped for this. Wait for that, or cancel it.`;
  throw new DomainError("conflict", message);
};
