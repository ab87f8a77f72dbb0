import type { Id, NodeId, OrganisationId } from "@homeport/kit/ids.ts";
import type { Actor } from "./actor.ts";
import type { VolumeDataId } from "./volume.ts";

export type SnapshotId = Id<"volume-snapshot">;

/** An archive of a volume, on the node where the volume was. */
export type Snapshot = {
  id: SnapshotId;
  organisationId: OrganisationId;
  /** Of the volume in its environment. */
  dataId: VolumeDataId;
  origin: "request" | "before-restore";
  note: string | null;
  createdBy: Actor;
  createdAt: Date;
} & SnapshotState;

export type SnapshotState =
  /** `nodeId` is null until a node was asked to take it. */
  | { state: "taking"; nodeId: NodeId | null }
  | ({ state: "ready"; nodeId: NodeId } & Archive)
  | { state: "removing"; nodeId: NodeId | null };

export type Archive = {
  bytes: number;
  /** Hex; what the node checks before it restores. */
  sha256: string;
  /** Whether nothing had the volume mounted meanwhile. */
  consistent: boolean;
};

/** Of one volume, that people asked for. */
export const MAX_SNAPSHOTS = 20;
/** Of one volume, that the platform took before a restore; the oldest goes when there are more. */
export const MAX_SAVED = 3;
/** Characters. */
export const MAX_NOTE = 200;
