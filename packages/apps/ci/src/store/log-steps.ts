import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { JobId } from "@homeport/kit/ids.ts";
import type { BuildJob, Job } from "../job.ts";
import { type JobRow, jobColumns, toJob } from "./job-row.ts";

/** What a job's log stream is in need of. */
export type LogStep = { step: "create" | "end"; job: BuildJob };

/**
 * Gives jobs whose log stream must be made or ended. Each comes again after `retrySeconds` unless the step was marked
 * as done by then, so a crash between call and mark repeats the call and loses nothing.
 */
export const takeLogSteps = async (sql: Db, limit: number, retrySeconds: number): Promise<LogStep[]> => {
  const rows = await sql<(JobRow & { step: LogStep["step"] })[]>`
    update ci.jobs
    set log_step_at = now() + make_interval(secs => ${retrySeconds})
    where id in (
      select id
      from ci.jobs
      where (log_state = 'absent' or (log_state = 'open' and finished_at is not null)) and log_step_at <= now()
      order by log_step_at, id
      limit ${limit}
      for update skip locked
    )
    returning ${jobColumns(sql)}, case when log_state = 'absent' then 'create' else 'end' end as step`.catch(dbError());
  return rows.map((row) => ({ step: row.step, job: toBuildJob(row) }));
};

/** The stream exists: the job may be claimed, unless it was cancelled meanwhile. Null when that was known already. */
export const markLogOpen = async (sql: Db, id: JobId): Promise<Job | null> => {
  const rows = await sql<JobRow[]>`
    update ci.jobs
    set
      log_state = 'open',
      log_step_at = now(),
      state = case when state = 'preparing' then 'queued' else state end
    where id = ${id} and log_state = 'absent'
    returning ${jobColumns(sql)}`.catch(dbError());
  return rows[0] === undefined ? null : toJob(rows[0]);
};

const toBuildJob = (row: JobRow): BuildJob => {
  const job = toJob(row);
  invariant(job.kind === "build", "jobs without a log have log_state none");
  return job;
};

export const markLogEnded = async (sql: Db, id: JobId): Promise<void> => {
  await sql`
    update ci.jobs
    set log_state = 'ended'
    where id = ${id} and log_state = 'open' and finished_at is not null`.catch(dbError());
};
