import { DomainError } from "@homeport/kit/errors.ts";
import type { ServiceId } from "@homeport/kit/ids.ts";
import { type Settings, settingsIn } from "../settings.ts";
import { MAX_VOLUMES, overlap, type VolumeId } from "../volume.ts";
import { type Applying, meant, type StoredOp } from "./applying.ts";
import {
  getService,
  getVolume,
  nameOfWorkload,
  type ProjectState,
  type VolumeState,
  volumesOf,
} from "./project-state.ts";

export const createVolume = (applying: Applying, change: StoredOp<"volume.create">): void => {
  const { state, temps, makeId } = applying;
  const { id: serviceId } = getService(state, meant(applying, change.service));
  const id = makeId(change.tempId) as VolumeId;
  temps.set(change.tempId, id);
  const { slug, path, sizeMiB = null } = change;
  put(state, { id, serviceId, slug, path, sizeMiB, version: 1 });
};

export const updateVolume = (applying: Applying, change: StoredOp<"volume.update">): void => {
  const { state } = applying;
  const volume = getVolume(state, meant(applying, change.service), meant(applying, change.volume));
  const { slug, path, sizeMiB } = change;
  put(state, {
    ...volume,
    slug: slug ?? volume.slug,
    path: path ?? volume.path,
    sizeMiB: sizeMiB === undefined ? volume.sizeMiB : sizeMiB,
  });
};

/** What it holds is kept, see `KEPT_DAYS`. */
export const removeVolume = (applying: Applying, change: StoredOp<"volume.remove">): void => {
  const { state } = applying;
  const { id } = getVolume(state, meant(applying, change.service), meant(applying, change.volume));
  state.volumes.delete(id);
};

const put = (state: ProjectState, volume: VolumeState): void => {
  const service = getService(state, volume.serviceId).slug;
  const others = volumesOf(state, volume.serviceId).filter(({ id }) => id !== volume.id);
  if (others.length >= MAX_VOLUMES) {
    throw new DomainError("invalid", `A service has at most ${MAX_VOLUMES} volumes.`);
  }
  if (others.some(({ slug }) => slug === volume.slug)) {
    throw new DomainError("conflict", `${service} has a volume named "${volume.slug}" already.`);
  }
  const neighbour = others.find(({ path }) => overlap(path, volume.path));
  if (neighbour !== undefined) {
    const message = `${volume.path} and ${neighbour.path} of the volume ${neighbour.slug} lie in each other.`;
    throw new DomainError("conflict", message);
  }
  state.volumes.set(volume.id, volume);
  refuseMisfit(state, volume.serviceId);
};

/**
 * What a service with volumes cannot be: two that write to the same files would destroy them, and what is written into a
 * volume outlives a secret that is attached there.
 *
 * @throws {DomainError} invalid; conflict
 */
export const refuseMisfit = (state: ProjectState, serviceId: ServiceId): void => {
  const volumes = volumesOf(state, serviceId);
  if (volumes.length === 0) return;
  const { settings } = getService(state, serviceId);
  for (const workload of state.workloads.values()) {
    if (workload.serviceId !== serviceId) continue;
    const name = nameOfWorkload(state, workload.id);
    refuseSeveral(settingsIn(settings, workload.overrides), name);
    for (const { workloadId, use } of state.attachments.values()) {
      if (workloadId !== workload.id || use.as !== "files") continue;
      const volume = volumes.find(({ path }) => overlap(path, use.directory));
      if (volume === undefined) continue;
      const message = `${name} has secrets as files in ${use.directory}, and ${volume.path} of the volume ${volume.slug} lies over it.`;
      throw new DomainError("conflict", message);
    }
  }
};

const refuseSeveral = ({ strategy, replicas }: Settings, name: string): void => {
  if (strategy.kind === "canary") {
    throw new DomainError(
      "invalid",
      `${name} has a volume, so it cannot be deployed as a canary: two releases would write to it.`,
    );
  }
  if (replicas > 1) {
    throw new DomainError(
      "invalid",
      `${name} has a volume, so it cannot have ${replicas} replicas: only one may write to it.`,
    );
  }
};
