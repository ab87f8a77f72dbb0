import type { Handlers } from "@homeport/kit/http/api.ts";
import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import type { UseCases } from "../service/use-cases.ts";
import { serviceOfVolume, volumeOf } from "../service/volume-loader.ts";
import type { VolumePlace } from "../service/volume-operations.ts";
import { stepsOf, type VolumeOperation, type VolumeOperationId } from "../volume-operation.ts";
import type { Snapshot, SnapshotId } from "../volume-snapshot.ts";

export const volumeDataHandlers = ({
  volumeLooks,
  volumeOperations,
}: UseCases): Handlers<typeof contract.volumeData> => ({
  usage: async (context) => {
    const { measuredAt, ...usage } = await volumeLooks.usage(volumePlaceOf(context), context.signal);
    return { ...usage, measuredAt: measuredAt.toISOString() };
  },
  files: async (context, { path: asked }) => {
    const { path, found } = await volumeLooks.browse(volumePlaceOf(context), asked, context.signal);
    return { path, ...found };
  },
  reset: async (context, { confirm }) =>
    toWire(await volumeOperations.reset(volumePlaceOf(context), confirm, actorOf(memberOf(context)))),
  resize: async (context, { sizeMiB }) =>
    toWire(await volumeOperations.resize(volumePlaceOf(context), sizeMiB, actorOf(memberOf(context)))),
});

export const volumeOperationHandlers = ({
  volumeOperations,
}: UseCases): Handlers<typeof contract.volumeOperations> => ({
  list: async (context, page) => {
    const { items, nextCursor } = await volumeOperations.list(volumePlaceOf(context), page);
    return { items: items.map(toWire), nextCursor };
  },
  get: async (context, { operation }) =>
    toWire(await volumeOperations.get(volumePlaceOf(context), operation as VolumeOperationId)),
});

export const snapshotHandlers = ({
  volumeOperations,
  volumeSnapshots,
}: UseCases): Handlers<typeof contract.snapshots> => ({
  list: async (context, page) => {
    const { items, nextCursor } = await volumeSnapshots.list(volumePlaceOf(context), page);
    return { items: items.map(snapshotToWire), nextCursor };
  },
  create: async (context, { note }) =>
    toWire(await volumeOperations.takeSnapshot(volumePlaceOf(context), note ?? null, actorOf(memberOf(context)))),
  remove: async (context, { snapshot }) => ({
    removed: await volumeSnapshots.remove(volumePlaceOf(context), snapshot as SnapshotId),
  }),
  restore: async (context, { snapshot, confirm }) => {
    const by = actorOf(memberOf(context));
    return toWire(await volumeOperations.restore(volumePlaceOf(context), snapshot as SnapshotId, confirm, by));
  },
});

const volumePlaceOf = (context: CallContext): VolumePlace => ({
  service: serviceOfVolume(context),
  volume: volumeOf(context),
});

const toWire = (operation: VolumeOperation) => ({
  id: operation.id,
  kind: operation.kind,
  state: operation.state,
  step: operation.step,
  steps: stepsOf(operation.kind, operation.hasStop ?? false),
  snapshot: operation.snapshotId,
  // until then it is only the id that it will have
  savedAs:
    operation.step === "stopping" || operation.step === "saving" || operation.startedAt === null
      ? null
      : operation.savedId,
  sizeMiB: operation.sizeMiB,
  reason: operation.reason,
  createdBy: operation.createdBy.name,
  createdAt: operation.createdAt.toISOString(),
  startedAt: operation.startedAt?.toISOString() ?? null,
  finishedAt: operation.finishedAt?.toISOString() ?? null,
});

const snapshotToWire = (snapshot: Snapshot) => ({
  id: snapshot.id,
  state: snapshot.state,
  origin: snapshot.origin,
  note: snapshot.note,
  bytes: snapshot.state === "ready" ? snapshot.bytes : null,
  consistent: snapshot.state === "ready" ? snapshot.consistent : null,
  createdBy: snapshot.createdBy.name,
  createdAt: snapshot.createdAt.toISOString(),
});
