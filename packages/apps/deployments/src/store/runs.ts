import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { RunId, WorkloadId } from "@homeport/kit/ids.ts";
import { MAX_KEPT_RUNS, type OneOff, type OneOffState } from "../run.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", workload_id as "workloadId", release_id as "releaseId",
  release_number as "releaseNumber", kind, scheduled_for as "scheduledFor", command,
  timeout_seconds as "timeoutSeconds", state, exit_code as "exitCode", reason, created_by as "createdBy",
  cancel_requested_at as "cancelRequestedAt", created_at as "createdAt", started_at as "startedAt",
  finished_at as "finishedAt"`;

export type NewRun = Pick<
  OneOff,
  | "id"
  | "organisationId"
  | "workloadId"
  | "releaseId"
  | "releaseNumber"
  | "kind"
  | "scheduledFor"
  | "command"
  | "timeoutSeconds"
  | "createdBy"
> & {
  argvSealed: Uint8Array | null;
  /** A run that is over as it is written: it was left out, or nobody knows what to run. */
  over?: { state: "skipped" | "failed"; reason: NonNullable<OneOff["reason"]> };
};

/** False when there is one for that time of its schedule already. */
export const insertRun = async (tx: Db, run: NewRun): Promise<boolean> => {
  const { over } = run;
  const inserted = await tx`
    insert into deployments.runs
      (id, organisation_id, workload_id, release_id, release_number, kind, scheduled_for, command, argv_sealed,
        timeout_seconds, created_by, state, reason, finished_at)
    values (${run.id}, ${run.organisationId}, ${run.workloadId}, ${run.releaseId}, ${run.releaseNumber}, ${run.kind},
      ${run.scheduledFor}, ${jsonb(tx, run.command)}, ${run.argvSealed}, ${run.timeoutSeconds},
      ${jsonb(tx, run.createdBy)}, ${over?.state ?? "pending"}, ${over === undefined ? null : jsonb(tx, over.reason)},
      ${over === undefined ? null : tx`now()`})
    on conflict (workload_id, scheduled_for) do nothing
    returning id`;
  return inserted.length === 1;
};

export const findRun = async (sql: Db, workloadId: WorkloadId, id: RunId): Promise<OneOff | null> => {
  const [run] = await sql<OneOff[]>`
    select ${columns(sql)} from deployments.runs where workload_id = ${workloadId} and id = ${id}`;
  return run ?? null;
};

/** Newest first, those before `before`. */
export const listRuns = (
  sql: Db,
  workloadId: WorkloadId,
  { kind, before }: { kind: OneOff["kind"] | null; before: RunId | null },
  limit: number,
): Promise<OneOff[]> => sql<OneOff[]>`
  select ${columns(sql)}
  from deployments.runs
  where workload_id = ${workloadId} ${kind === null ? sql`` : sql`and kind = ${kind}`}
    ${before === null ? sql`` : sql`and id < ${before}`}
  order by id desc
  limit ${limit}`;

export const countUnfinished = async (sql: Db, workloadId: WorkloadId, kind: OneOff["kind"]): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from deployments.runs
    where workload_id = ${workloadId} and kind = ${kind} and finished_at is null`;
  return row?.count ?? 0;
};

/** Asks runs to stop. Those of them that are not over, and that nobody asked before. */
export const requestRunCancel = async (
  tx: Db,
  workloadId: WorkloadId,
  which: { id: RunId } | "cron",
): Promise<RunId[]> => {
  const rows = await tx<{ id: RunId }[]>`
    update deployments.runs set cancel_requested_at = now(), step_at = now()
    where workload_id = ${workloadId} and finished_at is null and cancel_requested_at is null
      and ${which === "cron" ? tx`kind = 'cron'` : tx`id = ${which.id}`}
    returning id`;
  return rows.map(({ id }) => id);
};

/** Lets the stepper look at a run now. */
export const pokeOneOff = async (sql: Db, id: RunId): Promise<void> => {
  await sql`update deployments.runs set step_at = now() where id = ${id} and finished_at is null`;
};

export type ClaimedRun = OneOff & { argvSealed: Uint8Array; leaseToken: string; attempt: number };

/** A look is one call or two and renews its lease meanwhile; when its process dies, another takes over after this long. */
export const RUN_LEASE_SECONDS = 6;

/** Claims runs that are due to be looked at. Many processes may call it at once. */
export const claimRuns = (sql: Db, limit: number): Promise<ClaimedRun[]> => sql<ClaimedRun[]>`
  with due as (
    select id as due_id
    from deployments.runs
    where finished_at is null
      and case when lease_until is null then step_at <= now() else lease_until < now() end
    order by step_at, id
    limit ${limit}
    for update skip locked
  )
  update deployments.runs
  set lease_token = gen_random_uuid(), lease_until = now() + ${RUN_LEASE_SECONDS} * interval '1 second',
    attempt = attempt + 1, step_at = 'infinity' -- so that a poke that comes meanwhile can be seen
  from due
  where id = due_id
  returning ${columns(sql)}, argv_sealed as "argvSealed", lease_token as "leaseToken", attempt`;

/** False when somebody else has the run by now. */
export const renewRun = async (sql: Db, { id, leaseToken }: ClaimedRun): Promise<boolean> => {
  const { count } = await sql`
    update deployments.runs set lease_until = now() + ${RUN_LEASE_SECONDS} * interval '1 second'
    where id = ${id} and lease_token = ${leaseToken}`;
  return count === 1;
};

/** Gives a run back, to be looked at again after `waitMs`, or at once when an event poked it meanwhile. */
export const releaseRun = async (
  sql: Db,
  { id, leaseToken, attempt }: ClaimedRun,
  waitMs: number,
  failed: boolean,
): Promise<void> => {
  await sql`
    update deployments.runs
    set lease_token = null, lease_until = null, attempt = ${failed ? attempt : 0},
      step_at = case when step_at = 'infinity' then now() + ${waitMs} * interval '1 millisecond' else step_at end
    where id = ${id} and lease_token = ${leaseToken}`;
};

/** False: the lease was lost. */
export const setRunStarted = async (
  tx: Db,
  { id, leaseToken }: Pick<ClaimedRun, "id" | "leaseToken">,
  at: Date,
): Promise<boolean> => {
  const changed = await tx`
    update deployments.runs set state = 'running', started_at = ${at}
    where id = ${id} and lease_token = ${leaseToken} and state = 'pending'
    returning id`;
  return changed.length === 1;
};

export type RunEnd = {
  state: Exclude<OneOffState, "pending" | "running" | "skipped">;
  exitCode: number | null;
  reason: OneOff["reason"];
};

/** Writes how a run ended; what was sealed for it goes. False: the lease was lost. */
export const finishRun = async (
  tx: Db,
  { id, leaseToken }: Pick<ClaimedRun, "id" | "leaseToken">,
  { state, exitCode, reason }: RunEnd,
): Promise<boolean> => {
  const changed = await tx`
    update deployments.runs
    set state = ${state}, exit_code = ${exitCode}, reason = ${reason === null ? null : jsonb(tx, reason)},
      finished_at = now(), argv_sealed = null, lease_token = null, lease_until = null
    where id = ${id} and lease_token = ${leaseToken} and finished_at is null
    returning id`;
  return changed.length === 1;
};

/** Removes the oldest runs of a workload that are over, beyond the number that is kept. */
export const forgetOldRuns = async (tx: Db, workloadId: WorkloadId, kind: OneOff["kind"]): Promise<void> => {
  await tx`
    delete from deployments.runs
    where workload_id = ${workloadId} and kind = ${kind} and finished_at is not null and id < (
      select id
      from deployments.runs
      where workload_id = ${workloadId} and kind = ${kind}
      order by id desc
      offset ${MAX_KEPT_RUNS - 1}
      limit 1)`;
};
