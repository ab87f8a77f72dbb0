import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { log } from "../log.ts";
import type { ArchiveFiles } from "../ports.ts";
import { deleteUnusedUploads, findKnownUploads, findUploadFor, insertUpload } from "../store/uploads.ts";
import type { Upload, UploadLimits, UploadReader } from "../upload.ts";

/** Files without a row: an upload that is still running, or one that a crash cut off. No upload runs for a day. */
const ORPHAN_AGE_MS = 24 * 3600_000;
const BATCH = 100;

export type Uploads = {
  create(scope: Scope, createdBy: string, body: AsyncIterable<Uint8Array>): Promise<Upload>;
  /** @throws {DomainError} not_found, also for those who may not read it */
  read(id: string, reader: UploadReader): Promise<{ upload: Upload; bytes: Blob }>;
  /** Removes uploads that nothing needs, and files that no upload belongs to. May run at any time, and twice. */
  expire(): Promise<void>;
};

export const createUploads = (sql: Sql, files: ArchiveFiles, limits: UploadLimits): Uploads => ({
  async create(scope, createdBy, body) {
    const id = Bun.randomUUIDv7();
    // The file first: a row without its file would be a build that fails later, a file without a row is only swept up.
    const upload = { id, ...(await files.receive(id, body, limits().maxBytes)) };
    try {
      await insertUpload(sql, { ...upload, organisationId: scope.organisationId, createdBy });
    } catch (err) {
      await files.remove(id);
      throw err;
    }
    return upload;
  },
  async read(id, reader) {
    const upload = await findUploadFor(sql, id, reader);
    const bytes = upload === null ? null : await files.read(id);
    if (upload === null || bytes === null) throw new DomainError("not_found", "There is no such upload.");
    return { upload, bytes };
  },
  async expire() {
    let ids: string[];
    do {
      ids = await deleteUnusedUploads(sql, limits().keptDays, BATCH);
      for (const id of ids) await files.remove(id);
      if (ids.length > 0) log.info({ count: ids.length }, "unused uploads removed");
    } while (ids.length === BATCH);
    const old = await files.listOlderThan(ORPHAN_AGE_MS);
    const known = await findKnownUploads(sql, old);
    for (const id of old) if (!known.has(id)) await files.remove(id);
  },
});
