import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { Change } from "../change.ts";
import type { Service } from "../service.ts";
import { findVolumeData, listVolumes } from "../store/volumes.ts";
import type { Volume } from "../volume.ts";
import type { Deployed } from "./affected-deployments.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";

export type NewVolume = { slug: string; path: string; sizeMiB?: number | undefined };
/** What is not named stays; no size is no limit. */
export type VolumeChange = {
  slug?: string | undefined;
  path?: string | undefined;
  sizeMiB?: number | null | undefined;
};
export type ChangedVolume = { volume: Volume; deployments: Deployed[] };

const NEW = "tmp_new";

/** Volumes of services: the same in every environment, but for what they hold. */
export const createVolumes = (context: ApplyContext) => {
  const get = async ({ workloadId }: Service, reference: string): Promise<Volume> => {
    const found = await findVolumeData(context.sql, workloadId, reference);
    if (found === null) throw new DomainError("not_found", "There is no such volume.");
    return found;
  };
  const change = (service: Service, made: Change, caller: Caller, apply: boolean) =>
    applyAtOnce(context, service.projectId, () => [made], { caller, deploy: apply ? "affected" : "none" });

  return {
    list: ({ workloadId }: Service): Promise<Volume[]> => listVolumes(context.sql, workloadId),

    /** @throws {DomainError} conflict; invalid, for a service that cannot have one */
    async create(service: Service, wanted: NewVolume, caller: Caller, apply: boolean): Promise<ChangedVolume> {
      const { slug, path, sizeMiB } = wanted;
      const size = sizeMiB === undefined ? {} : { sizeMiB };
      const made: Change = { op: "volume.create", tempId: NEW, service: service.id, slug, path, ...size };
      const { created, deployments } = await change(service, made, caller, apply);
      const id = created.get(NEW);
      invariant(id !== undefined, "what was made has an id");
      return { volume: await get(service, id), deployments };
    },

    /** @throws {DomainError} conflict */
    async update(
      service: Service,
      volume: Volume,
      changed: VolumeChange,
      caller: Caller,
      apply: boolean,
    ): Promise<ChangedVolume> {
      const named = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
      if (Object.keys(named).length === 0) return { volume, deployments: [] };
      const made: Change = { op: "volume.update", service: service.id, volume: volume.id, ...named };
      const { deployments } = await change(service, made, caller, apply);
      return { volume: await get(service, volume.id), deployments };
    },

    /** In all environments; what it holds is kept for KEPT_DAYS. @throws {DomainError} invalid, for another name */
    async remove(
      service: Service,
      volume: Volume,
      confirm: string,
      caller: Caller,
      apply: boolean,
    ): Promise<Deployed[]> {
      requireConfirmed(volume, confirm);
      const made: Change = { op: "volume.remove", service: service.id, volume: volume.id };
      return (await change(service, made, caller, apply)).deployments;
    },
  };
};

export type Volumes = ReturnType<typeof createVolumes>;

/** @throws {DomainError} invalid */
export const requireConfirmed = ({ slug }: { slug: string }, confirm: string): void => {
  if (confirm !== slug) throw new DomainError("invalid", `confirm: repeat the name of the volume, ${slug}.`);
};
