import { audit } from "@homeport/kit/audit/audit.ts";
import type { AuditActor } from "@homeport/kit/audit/record.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Digest } from "../digest.ts";
import { OciError } from "../errors.ts";
import { log } from "../log.ts";
import type { BlobFiles } from "../ports.ts";
import type { Repository } from "../repository.ts";
import { findBlobSize, linkBlob, unlinkBlob } from "../store/blobs.ts";
import { repositoryEntry } from "./audit-entry.ts";
import { refusedWhileUsed } from "./refused-while-used.ts";

export type Blobs = {
  /** @throws {OciError} BLOB_UNKNOWN, also when it is in other repositories only */
  get(repository: Repository, digest: Digest): Promise<{ sizeBytes: number; bytes: Blob }>;
  /** Puts a blob of `from` into `repository` without sending it again; false when it is not in `from`. */
  mount(repository: Repository, from: Repository, digest: Digest): Promise<boolean>;
  /** @throws {OciError} BLOB_UNKNOWN; UNSUPPORTED, while a manifest needs it */
  remove(repository: Repository, digest: Digest, actor: AuditActor): Promise<void>;
};

export const createBlobs = (sql: Sql, files: BlobFiles): Blobs => ({
  async get(repository, digest) {
    const sizeBytes = await findBlobSize(sql, repository.id, digest);
    if (sizeBytes === null) throw unknownBlob(digest);
    const bytes = await files.read(digest);
    if (bytes === null || bytes.size !== sizeBytes) {
      log.error({ digest, repositoryId: repository.id }, "the file of a blob is lost; pushing it again brings it back");
      throw unknownBlob(digest);
    }
    return { sizeBytes, bytes };
  },
  async mount(repository, from, digest) {
    if ((await findBlobSize(sql, from.id, digest)) === null) return false;
    await linkBlob(sql, repository.id, digest);
    return true;
  },
  async remove(repository, digest, actor) {
    const removed = await sql.begin(async (tx) => {
      const unlinked = await unlinkBlob(tx, repository.id, digest).catch(refusedWhileUsed);
      if (unlinked)
        await audit(tx, { ...repositoryEntry("image:delete", repository, actor), before: { blob: digest } });
      return unlinked;
    });
    if (!removed) throw unknownBlob(digest);
  },
});

const unknownBlob = (digest: Digest) => new OciError("BLOB_UNKNOWN", "There is no such blob.", { detail: { digest } });
