import type { Reason } from "@homeport/ci/contract.ts";
import type { EnvironmentId, Id, NodeId, OrganisationId, ProjectId, ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import { z } from "zod";

export type VolumeId = Id<"volume">;
/** Of what a volume holds for one workload; nodes know the volume by it. */
export type VolumeDataId = Id<"volume-data">;

/** One folder after the other, none of them `.` or `..`; never the root. */
const PATH = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]{1,128}){1,16}$/;
const KERNEL = /^\/(proc|sys|dev)(\/|$)/;

/** Where a service has a volume. */
export const VolumePath = z
  .string()
  .max(512)
  .regex(PATH, "use an absolute path of letters, digits, dots, dashes and underscores, such as /data")
  .refine((path) => !KERNEL.test(path), "use a folder that is not in /proc, /sys or /dev");

/** What it may hold. */
export const VolumeSizeMiB = z.number().int().min(1).max(16_777_216);

/** Of one service; a replica has no more. */
export const MAX_VOLUMES = 16;

/** How long data is kept after its volume, service or environment was removed. */
export const KEPT_DAYS = 7;

/** A volume of a service in one environment: what it is everywhere, and its data there. */
export type Volume = {
  id: VolumeId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  serviceId: ServiceId;
  slug: string;
  path: string;
  /** Null for no limit. */
  sizeMiB: number | null;
  version: number;
  createdAt: Date;
  workloadId: WorkloadId;
  dataId: VolumeDataId;
  /** Null as long as no release with it was ever started: then nothing is in it. */
  nodeId: NodeId | null;
};

/** A volume as a release has it mounted. */
export type Mount = {
  /** Of the data. */
  volumeId: string;
  /** For people. */
  name: string;
  path: string;
  sizeMiB?: number | undefined;
};

/** What data was of when it was removed; whose rights hold for it from then on. */
export type FormerVolume = {
  slug: string;
  path: string;
  sizeMiB: number | null;
  service: string;
  environment: string;
  environmentId: EnvironmentId;
  isProtected: boolean;
};

/** Data whose volume is gone: it waits to be brought back, until it is deleted. */
export type KeptVolume = {
  id: VolumeDataId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  workloadId: WorkloadId;
  nodeId: NodeId | null;
  was: FormerVolume;
  /** Whether the environment that it was removed from is protected by now, or was when that went away. */
  isProtected: boolean;
  removedAt: Date;
  deleteAt: Date;
  /** Why it could not be deleted yet; it is tried again. */
  reason: Reason | null;
};

/** Whether it can no longer be brought back. */
export const isBeingDeleted = ({ deleteAt }: Pick<KeptVolume, "deleteAt">, now: Date): boolean => deleteAt <= now;

/** Whether one path is the other, or lies in it. */
export const overlap = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
