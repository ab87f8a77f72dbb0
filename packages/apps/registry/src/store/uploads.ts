import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { RepositoryId } from "../repository.ts";

export const insertUpload = async (sql: Db, id: string, repositoryId: RepositoryId): Promise<void> => {
  await sql`
    insert into registry.uploads (id, repository_id)
    values (${id}, ${repositoryId})`.catch(dbError());
};

export const hasUpload = async (sql: Db, id: string, repositoryId: RepositoryId): Promise<boolean> => {
  const rows = await sql`
    select id
    from registry.uploads
    where id = ${id} and repository_id = ${repositoryId}`.catch(dbError());
  return rows.length > 0;
};

/**
 * Makes `writer` the only one that may write to an upload, for `seconds`. Null when another one may, or there is no such
 * upload. `previous` wrote before, null if nobody did.
 */
export const takeWriter = async (
  sql: Db,
  id: string,
  repositoryId: RepositoryId,
  writer: string,
  seconds: number,
): Promise<{ previous: string | null } | null> => {
  const rows = await sql<{ previous: string | null }[]>`
    with free as (
      select id, writer as previous
      from registry.uploads
      where id = ${id} and repository_id = ${repositoryId} and (writing_until is null or writing_until < now())
      for update
    )
    update registry.uploads
    set writer = ${writer}, writing_until = now() + make_interval(secs => ${seconds}), touched_at = now()
    from free
    where uploads.id = free.id
    returning free.previous`.catch(dbError());
  return rows[0] ?? null;
};

/** False when somebody else has become the writer. */
export const renewWriter = async (sql: Db, id: string, writer: string, seconds: number): Promise<boolean> => {
  const rows = await sql`
    update registry.uploads
    set writing_until = now() + make_interval(secs => ${seconds}), touched_at = now()
    where id = ${id} and writer = ${writer}
    returning id`.catch(dbError());
  return rows.length > 0;
};

export const releaseWriter = async (sql: Db, id: string, writer: string): Promise<void> => {
  await sql`
    update registry.uploads
    set writing_until = null, touched_at = now()
    where id = ${id} and writer = ${writer}`.catch(dbError());
};

/** False when somebody else has become the writer. */
export const deleteUpload = async (sql: Db, id: string, writer: string): Promise<boolean> => {
  const rows = await sql`
    delete from registry.uploads
    where id = ${id} and writer = ${writer}
    returning id`.catch(dbError());
  return rows.length > 0;
};

/** Forgets uploads that nobody touched for `hours`, at most `limit`. */
export const deleteIdleUploads = async (sql: Db, hours: number, limit: number): Promise<string[]> => {
  const rows = await sql<{ id: string }[]>`
    delete from registry.uploads
    where id in (
      select id
      from registry.uploads
      where touched_at < now() - make_interval(hours => ${hours})
      order by touched_at, id
      limit ${limit}
      for update skip locked
    )
    returning id`.catch(dbError());
  return rows.map(({ id }) => id);
};

/** Those of `ids` that there are uploads for. */
export const findKnownUploads = async (sql: Db, ids: readonly string[]): Promise<Set<string>> => {
  const rows = await sql<{ id: string }[]>`
    select id
    from registry.uploads
    where id = any(${ids}::uuid[])`.catch(dbError());
  return new Set(rows.map(({ id }) => id));
};
