import { type Db, jsonb, type Tx } from "@homeport/kit/db/connect.ts";
import type { Job, OverdueJob, Verdict } from "../job.ts";
import { type JobRow, jobColumns, toJob } from "./job-row.ts";

/** Locks running jobs whose lease or time limit has passed; those that another replica judges are passed over. */
export const lockOverdue = (tx: Tx, limit: number): Promise<OverdueJob[]> => tx<OverdueJob[]>`
  select
    id,
    kind,
    attempt,
    max_attempts as "maxAttempts",
    timeout_seconds as "timeoutSeconds",
    cancel_requested as "cancelRequested",
    deadline_at <= now() as "timedOut"
  from ci.jobs
  where state = 'running' and (lease_until <= now() or deadline_at <= now())
  order by id
  limit ${limit}
  for update skip locked`;

/** Writes what became of jobs that `lockOverdue` gave. Their leases are gone: a late report changes nothing. */
export const settleOverdue = async (
  tx: Db,
  verdicts: readonly { job: OverdueJob; verdict: Verdict }[],
): Promise<Job[]> => {
  const settled = verdicts.map(({ job, verdict }) => ({
    id: job.id,
    state: verdict.state,
    reason: verdict.state === "failed" ? verdict.reason : null,
  }));
  const rows = await tx<JobRow[]>`
    update ci.jobs
    set
      state = settled.state,
      reason = case when settled.state = 'failed' then settled.reason end,
      finished_at = case when settled.state = 'queued' then null else now() end,
      run_at = now(),
      runner_id = null,
      lease_token = null,
      lease_until = null,
      started_at = null,
      deadline_at = null
    from jsonb_to_recordset(${jsonb(tx, settled)}) as settled (id uuid, state text, reason jsonb)
    where jobs.id = settled.id
    returning ${jobColumns(tx)}`;
  return rows.map(toJob);
};
