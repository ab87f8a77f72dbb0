import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Job, JobKey, NewJob } from "../job.ts";
import { type JobRow, jobColumns, toJob } from "./job-row.ts";

/**
 * Adds a job: a build waits for its log stream, what has no log is queued at once. Null when the organisation has a job
 * with this key already.
 */
export const insertJob = async (sql: Db, job: NewJob): Promise<Job | null> => {
  const uploadId = job.spec.source.kind === "upload" ? job.spec.source.uploadId : null;
  const hasLog = job.kind === "build";
  const rows = await sql<JobRow[]>`
    insert into ci.jobs (
      id, organisation_id, key, kind, state, labels, priority, spec, upload_id, timeout_seconds, log_state
    )
    values (
      ${job.id}, ${job.organisationId}, ${job.key}, ${job.kind}, ${hasLog ? "preparing" : "queued"},
      ${job.labels}::text[], ${job.priority}, ${jsonb(sql, job.spec)}, ${uploadId}, ${job.timeoutSeconds},
      ${hasLog ? "absent" : "none"}
    )
    on conflict on constraint jobs_key_key do nothing
    returning ${jobColumns(sql)}`.catch(dbError());
  return rows[0] === undefined ? null : toJob(rows[0]);
};

export const findJobByKey = async (sql: Db, { organisationId, key }: JobKey): Promise<Job | null> => {
  const rows = await sql<JobRow[]>`
    select ${jobColumns(sql)}
    from ci.jobs
    where organisation_id = ${organisationId} and key = ${key}`.catch(dbError());
  return rows[0] === undefined ? null : toJob(rows[0]);
};

/** `organisationId` null: of whichever organisation, for parts of the platform. */
export const findJob = async (sql: Db, id: string, organisationId: OrganisationId | null): Promise<Job | null> => {
  const rows = await sql<JobRow[]>`
    select ${jobColumns(sql)}
    from ci.jobs
    where id = ${id} and (${organisationId}::uuid is null or organisation_id = ${organisationId})`.catch(dbError());
  return rows[0] === undefined ? null : toJob(rows[0]);
};

/**
 * Ends a job that no runner has, or asks the runner that has it to stop. Null when there was nothing to change: it is
 * over, was asked to stop before, or does not exist.
 */
export const requestCancel = async (sql: Db, { organisationId, key }: JobKey): Promise<Job | null> => {
  const rows = await sql<JobRow[]>`
    update ci.jobs
    set
      cancel_requested = true,
      state = case when state = 'running' then state else 'cancelled' end,
      finished_at = case when state = 'running' then null else now() end
    where
      organisation_id = ${organisationId} and key = ${key}
      and state in ('preparing', 'queued', 'running') and not cancel_requested
    returning ${jobColumns(sql)}`.catch(dbError());
  return rows[0] === undefined ? null : toJob(rows[0]);
};

/**
 * Forgets builds that were over `days` ago and whose log stream has ended, and what has no log after an hour, at most
 * `limit`; says how many.
 */
export const deleteOldJobs = async (sql: Db, days: number, limit: number): Promise<number> => {
  const { count } = await sql`
    delete from ci.jobs
    where id in (
      select id
      from ci.jobs
      where
        (finished_at < now() - make_interval(days => ${days}) and log_state = 'ended')
        or (finished_at < now() - interval '1 hour' and log_state = 'none')
      order by finished_at, id
      limit ${limit}
    )`.catch(dbError());
  return count;
};
