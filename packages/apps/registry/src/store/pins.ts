import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Digest } from "../digest.ts";
import type { RepositoryId } from "../repository.ts";

/** Keeps a manifest from being deleted. @throws {DomainError} conflict, when it is not there */
export const putPin = async (sql: Db, key: string, repositoryId: RepositoryId, digest: Digest): Promise<void> => {
  await sql`
    insert into registry.pins (key, repository_id, digest)
    values (${key}, ${repositoryId}, ${digest})
    on conflict (key) do update set repository_id = excluded.repository_id, digest = excluded.digest`.catch(
    dbError({ pins_manifest_fkey: "The image was deleted." }),
  );
};

/** False when there was none. */
export const deletePin = async (sql: Db, key: string): Promise<boolean> => {
  const rows = await sql`
    delete from registry.pins
    where key = ${key}
    returning key`.catch(dbError());
  return rows.length > 0;
};
