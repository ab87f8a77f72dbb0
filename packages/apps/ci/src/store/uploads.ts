import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Upload, UploadReader } from "../upload.ts";

export const insertUpload = async (
  sql: Db,
  upload: Upload & { organisationId: OrganisationId; createdBy: string },
): Promise<void> => {
  await sql`
    insert into ci.uploads (id, organisation_id, created_by, size_bytes, sha256)
    values (${upload.id}, ${upload.organisationId}, ${upload.createdBy}, ${upload.sizeBytes}, ${upload.sha256})`.catch(
    dbError(),
  );
};

/** Keeps an upload from expiring; false when the organisation has none with this id. */
export const touchUpload = async (sql: Db, id: string, organisationId: OrganisationId): Promise<boolean> => {
  const rows = await sql`
    update ci.uploads
    set last_used_at = now()
    where id = ${id} and organisation_id = ${organisationId}
    returning id`.catch(dbError());
  return rows.length > 0;
};

/** The upload, if a running job refers to it and the reader is that job or the runner that holds it. */
export const findUploadFor = async (sql: Db, id: string, reader: UploadReader): Promise<Upload | null> => {
  const jobId = reader.kind === "job" ? reader.jobId : null;
  const runnerId = reader.kind === "runner" ? reader.runnerId : null;
  const rows = await sql<Upload[]>`
    update ci.uploads
    set last_used_at = now()
    where
      id = ${id}
      and exists (
        select
        from ci.jobs
        where
          jobs.upload_id = uploads.id
          and jobs.organisation_id = uploads.organisation_id
          and jobs.state = 'running'
          and (jobs.id = ${jobId} or jobs.runner_id = ${runnerId})
      )
    returning id, size_bytes as "sizeBytes", sha256`.catch(dbError());
  return rows[0] ?? null;
};

/**
 * Forgets uploads that nothing used for `days`, at most `limit`. A job that is being created touches its upload first,
 * which this waits for and then sees, so no job loses its source.
 */
export const deleteUnusedUploads = async (sql: Db, days: number, limit: number): Promise<string[]> => {
  const rows = await sql<{ id: string }[]>`
    delete from ci.uploads
    where
      id in (
        select id
        from ci.uploads
        where last_used_at < now() - make_interval(days => ${days})
          and not exists (
            select
            from ci.jobs
            where jobs.upload_id = uploads.id and jobs.state in ('preparing', 'queued', 'running')
          )
        order by last_used_at, id
        limit ${limit}
      )
      and last_used_at < now() - make_interval(days => ${days})
    returning id`.catch(dbError());
  return rows.map(({ id }) => id);
};

/** Those of `ids` that there are uploads for. */
export const findKnownUploads = async (sql: Db, ids: readonly string[]): Promise<Set<string>> => {
  const rows = await sql<{ id: string }[]>`
    select id
    from ci.uploads
    where id = any(${ids}::uuid[])`.catch(dbError());
  return new Set(rows.map(({ id }) => id));
};
