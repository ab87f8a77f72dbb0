import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Reason } from "../contract/build.ts";
import type { JobKind } from "../contract/job.ts";
import type { Job, JobResult, RunningJob } from "../job.ts";
import { type JobRow, jobColumns, toJob, toRunningJob } from "./job-row.ts";

/** What a runner shows with every call: which job, and the token it was claimed with. */
export type Lease = { jobId: string; leaseToken: string; runnerId: string };

/** A runner, and what it can do. */
export type Taker = { runnerId: string; labels: readonly string[]; kinds: readonly JobKind[] };

/**
 * Gives the most urgent, longest waiting job that a runner can do, or null. Any number of runners may ask at once; no
 * two get the same.
 */
export const takeJob = async (
  sql: Db,
  { runnerId, labels, kinds }: Taker,
  leaseSeconds: number,
): Promise<{ job: RunningJob; leaseToken: string } | null> => {
  const rows = await sql<(JobRow & { leaseToken: string })[]>`
    update ci.jobs
    set
      state = 'running',
      attempt = attempt + 1,
      runner_id = ${runnerId},
      lease_token = gen_random_uuid(),
      lease_until = now() + make_interval(secs => ${leaseSeconds}),
      started_at = now(),
      deadline_at = now() + make_interval(secs => timeout_seconds)
    where id = (
      select id
      from ci.jobs
      where state = 'queued' and kind = any(${kinds}::text[]) and run_at <= now() and labels <@ ${labels}::text[]
      order by priority desc, id
      limit 1
      for update skip locked -- rows that another runner is taking are passed over, not waited for
    )
    returning ${jobColumns(sql)}, lease_token as "leaseToken"`.catch(dbError());
  return rows[0] === undefined ? null : { job: toRunningJob(rows[0]), leaseToken: rows[0].leaseToken };
};

/** Ends the leases of a runner's jobs: whoever held them does not any more, and `lockOverdue` finds them. How many. */
export const expireLeases = async (sql: Db, runnerId: string): Promise<number> => {
  const { count } = await sql`
    update ci.jobs set lease_until = now() where state = 'running' and runner_id = ${runnerId}`.catch(dbError());
  return count;
};

/** Whether the job is to stop; null when the lease is lost. */
export const renewLease = async (sql: Db, lease: Lease, leaseSeconds: number): Promise<{ cancel: boolean } | null> => {
  const rows = await sql<{ cancel: boolean }[]>`
    update ci.jobs
    set lease_until = now() + make_interval(secs => ${leaseSeconds})
    where id = ${lease.jobId} and lease_token = ${lease.leaseToken} and runner_id = ${lease.runnerId} and state = 'running'
    returning cancel_requested as cancel`.catch(dbError());
  return rows[0] ?? null;
};

/** The same question without renewing, and of which kind the job is. */
export const findLease = async (sql: Db, lease: Lease): Promise<{ cancel: boolean; kind: JobKind } | null> => {
  const rows = await sql<{ cancel: boolean; kind: JobKind }[]>`
    select cancel_requested as cancel, kind
    from ci.jobs
    where id = ${lease.jobId} and lease_token = ${lease.leaseToken} and runner_id = ${lease.runnerId} and state = 'running'`.catch(
    dbError(),
  );
  return rows[0] ?? null;
};

/** What a runner reports at the end. */
export type Outcome = JobResult | { reason: Reason; retry: boolean };

/**
 * Ends a job with what its runner reports: a cancel that came first wins, and a failure that another runner may not
 * have goes back into the queue while attempts are left. Null when the lease is lost.
 */
export const endJob = async (sql: Db, lease: Lease, outcome: Outcome): Promise<Job | null> => {
  const result = "result" in outcome ? jsonb(sql, outcome.result) : null;
  const reason = "reason" in outcome ? jsonb(sql, outcome.reason) : null;
  const retry = "retry" in outcome && outcome.retry;
  const rows = await sql<JobRow[]>`
    with ended as (
      select
        id,
        case
          when cancel_requested then 'cancelled'
          when ${result}::jsonb is not null then 'succeeded'
          when ${retry} and attempt < max_attempts then 'queued'
          else 'failed'
        end as state
      from ci.jobs
      where id = ${lease.jobId} and lease_token = ${lease.leaseToken} and runner_id = ${lease.runnerId} and state = 'running'
      for update
    )
    update ci.jobs
    set
      state = ended.state,
      result = case when ended.state = 'succeeded' then ${result}::jsonb end,
      reason = case when ended.state = 'failed' then ${reason}::jsonb end,
      finished_at = case when ended.state = 'queued' then null else now() end,
      lease_until = null,
      lease_token = case when ended.state = 'queued' then null else lease_token end,
      runner_id = case when ended.state = 'queued' then null else runner_id end,
      started_at = case when ended.state = 'queued' then null else started_at end,
      deadline_at = null
    from ended
    where jobs.id = ended.id
    returning ${jobColumns(sql)}`.catch(dbError());
  return rows[0] === undefined ? null : toJob(rows[0]);
};

/** The job as this lease ended it: the answer to a report that is sent a second time. */
export const findEnded = async (sql: Db, lease: Lease): Promise<Job | null> => {
  const rows = await sql<JobRow[]>`
    select ${jobColumns(sql)}
    from ci.jobs
    where
      id = ${lease.jobId} and lease_token = ${lease.leaseToken} and runner_id = ${lease.runnerId}
      and finished_at is not null`.catch(dbError());
  return rows[0] === undefined ? null : toJob(rows[0]);
};
