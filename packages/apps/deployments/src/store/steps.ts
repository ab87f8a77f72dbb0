import type { Db } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, WorkloadId } from "@homeport/kit/ids.ts";
import { ACTIVE_STATES } from "../deployment.ts";

/** A deployment that one stepper holds until `lease_until`. `attempt` is 1 unless the tries before it failed or died. */
export type ClaimedStep = { id: DeploymentId; workloadId: WorkloadId; leaseToken: string; attempt: number };

/** A step makes a few short calls and renews its lease meanwhile; when its process dies, another takes over after this long. */
export const STEP_LEASE_SECONDS = 6;

/**
 * Claims deployments whose next step is due. A queued one is due only while nothing else is under way in its slot,
 * and while its service is not stopped for the sake of a volume. Many processes may call it at once.
 */
export const claimSteps = (sql: Db, limit: number): Promise<ClaimedStep[]> => sql<ClaimedStep[]>`
  with due as (
    select d.id
    from deployments.deployments d
    where d.finished_at is null
      and case when d.lease_until is null then d.step_at <= now() else d.lease_until < now() end
      and (d.state <> 'queued' or not exists (
        select 1 from deployments.deployments other
        where other.workload_id = d.workload_id and other.state in ${sql(ACTIVE_STATES)}))
      and (d.state <> 'queued' or not exists (
        select 1 from deployments.volume_operations o
        where o.workload_id = d.workload_id and o.is_exclusive and o.finished_at is null))
    order by d.step_at, d.id
    limit ${limit}
    for update skip locked -- rows another stepper is claiming are passed over, not waited for
  )
  update deployments.deployments d
  set lease_token = gen_random_uuid(), lease_until = now() + ${STEP_LEASE_SECONDS} * interval '1 second',
    attempt = d.attempt + 1, step_at = 'infinity' -- so that a poke that comes while the step runs can be seen
  from due
  where d.id = due.id
  returning d.id, d.workload_id as "workloadId", d.lease_token as "leaseToken", d.attempt`;

/** How long the longest lease still holds, in milliseconds: null when nobody holds any. */
export const longestLeaseMs = async (sql: Db): Promise<number | null> => {
  const [row] = await sql<{ ms: number | null }[]>`
    select (extract(epoch from max(lease_until) - now()) * 1000)::float8 as ms
    from deployments.deployments where finished_at is null and lease_until > now()`;
  return row?.ms ?? null;
};

/** False when somebody else has the deployment by now. */
export const renewStep = async (sql: Db, { id, leaseToken }: ClaimedStep): Promise<boolean> => {
  const { count } = await sql`
    update deployments.deployments set lease_until = now() + ${STEP_LEASE_SECONDS} * interval '1 second'
    where id = ${id} and lease_token = ${leaseToken}`;
  return count === 1;
};

/** Gives a step back, to be looked at again after `waitMs`, or at once when an event poked it while it ran. */
export const releaseStep = async (sql: Db, step: ClaimedStep, waitMs: number, failed: boolean): Promise<void> => {
  await sql`
    update deployments.deployments
    set lease_token = null, lease_until = null, attempt = ${failed ? step.attempt : 0},
      step_at = case when step_at = 'infinity' then now() + ${waitMs} * interval '1 millisecond' else step_at end
    where id = ${step.id} and lease_token = ${step.leaseToken}`;
};
