import type { OrganisationId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Initiator } from "./actor.ts";
import type { Image } from "./deployment.ts";
import type { TakenGroups } from "./secret-group.ts";
import type { Settings } from "./settings.ts";
import type { Mount } from "./volume.ts";

export type ReleaseState = "pending" | "live" | "superseded" | "failed";

/** What the image was made from; for people, nothing depends on it. */
export type ReleaseSource = {
  kind: "git" | "upload" | "image";
  url?: string | undefined;
  ref?: string | undefined;
  branch?: string | undefined;
  commit?: string | undefined;
  commitMessage?: string | undefined;
  preset?: string | undefined;
  startCommand?: string[] | undefined;
};

/** Immutable but for its state: image by digest, settings and variables as they were. Numbered per workload. */
export type Release = {
  id: ReleaseId;
  organisationId: OrganisationId;
  workloadId: WorkloadId;
  number: number;
  image: Image;
  settings: Settings;
  source: ReleaseSource;
  /** The secret groups whose items are among its variables and files. */
  secretGroups: TakenGroups;
  /** Where it answers: labels under the base domain, its workload's own first. */
  hostLabels: string[];
  /** The data of volumes that it has mounted. */
  volumes: Mount[];
  /** Equal for releases that differ in nothing but their image; null for those older than this digest. */
  configDigest: string | null;
  state: ReleaseState;
  /** Kept by hand, whatever the retention says. */
  isKept: boolean;
  /** When its image was given back; from then on it cannot run again. */
  collectedAt: Date | null;
  promotedFrom: ReleaseId | null;
  createdBy: Initiator | null;
  createdAt: Date;
};

/** Whether it can be made live again: it was live, and its image is still there. */
export const isAvailable = ({ state, collectedAt }: Pick<Release, "state" | "collectedAt">): boolean =>
  collectedAt === null && (state === "live" || state === "superseded");

/** What is told of one that was collected. */
export const collectedSentence = (number: number): string =>
  `Release ${number} is not kept any more: its image, variables and files were let go of, so it cannot run again.`;

/** A secret that a replica finds as a file. */
export type ReleaseFile = { path: string; content: Secret };

/** Postgres counts them in four bytes. */
export const MAX_RELEASE_NUMBER = 2 ** 31 - 1;

/** Null for a foreign image that was named by tag. */
export const digestOf = (image: Image): string | null => {
  if ("digest" in image) return image.digest;
  return /@(sha256:[0-9a-f]{64})$/.exec(image.reference)?.[1] ?? null;
};
