import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberScope } from "@homeport/kit/http/context.ts";
import type { contract } from "../contract.ts";
import { callerOf } from "../service/caller.ts";
import { projectOf, serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { keptVolumeOf, serviceOfVolume, volumeOf } from "../service/volume-loader.ts";
import type { Service } from "../service.ts";
import { isBeingDeleted, type KeptVolume, type Volume } from "../volume.ts";

export const volumeHandlers = ({ volumes }: UseCases): Handlers<typeof contract.volumes> => ({
  list: async (context) => {
    const service = serviceOf(context);
    return { items: (await volumes.list(service)).map((each) => volumeToWire(each, service)) };
  },
  get: async (context) => volumeToWire(volumeOf(context), serviceOfVolume(context)),
  create: async (context, { slug, path, sizeMiB, apply }) => {
    const service = serviceOf(context);
    const made = await volumes.create(service, { slug, path, sizeMiB }, callerOf(context), apply);
    return { ...volumeToWire(made.volume, service), deployments: made.deployments };
  },
  update: async (context, { slug, path, sizeMiB, apply }) => {
    const service = serviceOfVolume(context);
    const changed = { slug, path, sizeMiB };
    const made = await volumes.update(service, volumeOf(context), changed, callerOf(context), apply);
    return { ...volumeToWire(made.volume, service), deployments: made.deployments };
  },
  remove: async (context, { confirm, apply }) => {
    const service = serviceOfVolume(context);
    const deployments = await volumes.remove(service, volumeOf(context), confirm, callerOf(context), apply);
    return { removed: true, deployments };
  },
});

export const keptVolumeHandlers = ({
  keptVolumes,
  restoreVolume,
}: UseCases): Handlers<typeof contract.keptVolumes> => ({
  list: async (context, page) => {
    const { items, nextCursor } = await keptVolumes.list(projectOf(context), context.may, page);
    return { items: items.map(keptToWire), nextCursor };
  },
  restore: async (context, { service: name, environment, slug, path }) => {
    const wanted = { service: name, environment, slug, path };
    const restored = await restoreVolume(memberScope(context), keptVolumeOf(context), wanted, callerOf(context));
    return volumeToWire(restored.volume, restored.service);
  },
  remove: async (context, { confirm }) => keptToWire(await keptVolumes.remove(keptVolumeOf(context), confirm)),
});

const volumeToWire = ({ id, slug, path, sizeMiB, dataId, nodeId, createdAt }: Volume, service: Service) => ({
  id,
  slug,
  path,
  sizeMiB,
  environment: service.environmentSlug,
  dataId,
  placed: nodeId !== null,
  createdAt: createdAt.toISOString(),
});

const keptToWire = (kept: KeptVolume) => ({
  id: kept.id,
  slug: kept.was.slug,
  path: kept.was.path,
  sizeMiB: kept.was.sizeMiB,
  service: kept.was.service,
  environment: kept.was.environment,
  state: isBeingDeleted(kept, new Date()) ? ("deleting" as const) : ("kept" as const),
  removedAt: kept.removedAt.toISOString(),
  deleteAt: kept.deleteAt.toISOString(),
  reason: kept.reason,
});
