import type { AccessAction } from "../../access.ts";
import type { Repository } from "../../repository.ts";
import type { AdmitRegistry } from "../../service/admit-registry.ts";
import type { BlobUploads } from "../../service/blob-uploads.ts";
import type { Blobs } from "../../service/blobs.ts";
import type { Manifests } from "../../service/manifests.ts";
import type { Repositories } from "../../service/repositories.ts";
import type { Caller } from "../../service/tokens.ts";

/** What the operations below /v2 are made with. */
export type OciServices = {
  admit: AdmitRegistry;
  repositories: Repositories;
  blobs: Blobs;
  uploads: BlobUploads;
  manifests: Manifests;
};

/** A request that was admitted. */
export type OciCall = {
  request: Request;
  query: URLSearchParams;
  caller: Caller;
  repository: Repository;
  /** Last segment of the path, decoded and not checked yet: a digest, a tag, the id of an upload. Empty where there is none. */
  target: string;
};

export type Operation = {
  action: AccessAction;
  /** Whether it is how a first push begins: then the repository is made if need be. */
  creates?: true;
  run: (services: OciServices, call: OciCall) => Promise<Response>;
};
