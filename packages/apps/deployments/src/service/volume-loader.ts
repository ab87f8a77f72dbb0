import type { Resource } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ResourceLoaders, Scope } from "@homeport/kit/http/context.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { Service } from "../service.ts";
import { findEnvironment } from "../store/environments.ts";
import { findKeptVolume } from "../store/kept-volumes.ts";
import { findProject } from "../store/projects.ts";
import { findVolumeData } from "../store/volumes.ts";
import type { KeptVolume, Volume, VolumeDataId } from "../volume.ts";
import { loaders } from "./loaders.ts";

export type VolumeResource = Resource & { kind: "volume"; service: Service; volume: Volume };
export type KeptVolumeResource = Resource & { kind: "kept-volume"; kept: KeptVolume };

/** What was removed stays the environment's as long as there is that, and the project's afterwards. */
export const keptResource = (kept: KeptVolume, isEnvironmentThere: boolean): KeptVolumeResource => {
  const { organisationId, projectId, isProtected, was } = kept;
  const place = isEnvironmentThere ? { environmentId: was.environmentId } : {};
  return { kind: "kept-volume", organisationId, projectId, ...place, isProtected, kept };
};

/** Finds volumes, and what removed ones held, that paths name. */
export const volumeLoaders = (sql: Sql) => {
  const { service } = loaders(sql);
  const volume = async (scope: Scope | null, input: Record<string, unknown>): Promise<VolumeResource | null> => {
    const parent = await service(scope, input);
    if (parent === null || typeof input.volume !== "string") return null;
    const found = await findVolumeData(sql, parent.service.workloadId, input.volume);
    return found === null ? null : { ...parent, kind: "volume", volume: found };
  };
  const kept = async (scope: Scope | null, input: Record<string, unknown>): Promise<KeptVolumeResource | null> => {
    if (scope === null || typeof input.project !== "string" || typeof input.kept !== "string") return null;
    const project = isId(input.kept) ? await findProject(sql, scope, input.project) : null;
    const found = project === null ? null : await findKeptVolume(sql, project, input.kept as VolumeDataId);
    if (project === null || found === null) return null;
    return keptResource(found, (await findEnvironment(sql, project, found.was.environmentId)) !== null);
  };
  return { volume, "kept-volume": kept } satisfies ResourceLoaders;
};

type Loaded = { resource: Resource };

export const volumeOf = ({ resource }: Loaded): Volume => (resource as VolumeResource).volume;
export const serviceOfVolume = ({ resource }: Loaded): Service => (resource as VolumeResource).service;
export const keptVolumeOf = ({ resource }: Loaded): KeptVolume => (resource as KeptVolumeResource).kept;
