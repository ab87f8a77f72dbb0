import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Digest } from "../digest.ts";
import type { RepositoryId } from "../repository.ts";

/** Size of a blob, if it is in this repository. */
export const findBlobSize = async (sql: Db, repositoryId: RepositoryId, digest: Digest): Promise<number | null> => {
  const rows = await sql<{ sizeBytes: number }[]>`
    select blobs.size_bytes as "sizeBytes"
    from registry.repository_blobs
    join registry.blobs using (digest)
    where repository_blobs.repository_id = ${repositoryId} and repository_blobs.digest = ${digest}`.catch(dbError());
  return rows[0]?.sizeBytes ?? null;
};

/** Records a blob whose file is on the disk, in a repository. Safe to repeat, and from several uploads of it at once. */
export const insertBlob = async (
  sql: Db,
  repositoryId: RepositoryId,
  digest: Digest,
  sizeBytes: number,
): Promise<void> => {
  await sql`
    insert into registry.blobs (digest, size_bytes)
    values (${digest}, ${sizeBytes})
    on conflict (digest) do nothing`.catch(dbError());
  await linkBlob(sql, repositoryId, digest);
};

/** Puts a recorded blob into one more repository. */
export const linkBlob = async (sql: Db, repositoryId: RepositoryId, digest: Digest): Promise<void> => {
  await sql`
    insert into registry.repository_blobs (repository_id, digest)
    values (${repositoryId}, ${digest})
    on conflict (repository_id, digest) do nothing`.catch(dbError());
};

/** Takes a blob out of a repository; false when it is not in it. @throws {DomainError} conflict, while a manifest needs it */
export const unlinkBlob = async (sql: Db, repositoryId: RepositoryId, digest: Digest): Promise<boolean> => {
  const rows = await sql`
    delete from registry.repository_blobs
    where repository_id = ${repositoryId} and digest = ${digest}
    returning digest`.catch(
    dbError({ manifest_blobs_blob_fkey: "A manifest of this repository refers to this blob." }),
  );
  return rows.length > 0;
};
