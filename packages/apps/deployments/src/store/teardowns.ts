import type { Db } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, OrganisationId, WorkloadId } from "@homeport/kit/ids.ts";

/** What is left of a workload whose rows are gone. */
export type Teardown = {
  workloadId: WorkloadId;
  organisationId: OrganisationId;
  /** Of the deployments that may have left something; first the `openCount` that were not over, then the newest. */
  deploymentIds: DeploymentId[];
  openCount: number;
  /** First all is removed; once it has settled, what the open ones may have begun meanwhile is removed, too. */
  state: "removing" | "settling";
  /** How many of the deployments are done with. */
  doneCount: number;
  createdAt: Date;
};

/**
 * Notes all that has to be taken away of some workloads, before their rows are deleted in the same transaction. From here
 * on their deployments can make no more steps.
 */
export const insertTeardowns = async (tx: Db, workloadIds: readonly WorkloadId[]): Promise<void> => {
  await tx`
    insert into deployments.teardowns (workload_id, organisation_id, deployment_ids, open_count)
    select w.id, w.organisation_id,
      coalesce(
        array_agg(d.id order by (d.finished_at is not null), d.id desc) filter (where d.id is not null), '{}'),
      count(*) filter (where d.id is not null and d.finished_at is null)
    from deployments.workloads w
    left join (
      select d.id, d.workload_id, d.finished_at
      from deployments.deployments d
      left join deployments.releases r on r.id = d.release_id
      where (d.started_at is not null or d.finished_at is null) and r.image_released_at is null
    ) d on d.workload_id = w.id
    where w.id = any (${workloadIds as WorkloadId[]}::uuid[])
    group by w.id`;
};

export type ClaimedTeardown = Teardown & { leaseToken: string; attempt: number };

/** The same figure stands in the loop that renews it. */
export const TEARDOWN_LEASE_SECONDS = 60;

const columns = (sql: Db) => sql`
  t.workload_id as "workloadId", t.organisation_id as "organisationId", t.deployment_ids as "deploymentIds",
  t.open_count as "openCount", t.state, t.done_count as "doneCount", t.created_at as "createdAt"`;

/** Claims teardowns that are due. Many processes may call it at once. */
export const claimTeardowns = (sql: Db, limit: number): Promise<ClaimedTeardown[]> => sql<ClaimedTeardown[]>`
  with due as (
    select workload_id
    from deployments.teardowns
    where step_at <= now() and (lease_until is null or lease_until < now())
    order by step_at, workload_id
    limit ${limit}
    for update skip locked
  )
  update deployments.teardowns t
  set lease_token = gen_random_uuid(), lease_until = now() + ${TEARDOWN_LEASE_SECONDS} * interval '1 second',
    attempt = t.attempt + 1
  from due
  where t.workload_id = due.workload_id
  returning ${columns(sql)}, t.lease_token as "leaseToken", t.attempt`;

/** False: the lease was lost. */
export const renewTeardown = async (sql: Db, { workloadId, leaseToken }: ClaimedTeardown): Promise<boolean> => {
  const renewed = await sql`
    update deployments.teardowns set lease_until = now() + ${TEARDOWN_LEASE_SECONDS} * interval '1 second'
    where workload_id = ${workloadId} and lease_token = ${leaseToken}
    returning workload_id`;
  return renewed.length === 1;
};

/** Notes how far one has come, which is what the next try goes on from. False: the lease was lost. */
export const saveTeardown = async (
  sql: Db,
  { workloadId, leaseToken }: ClaimedTeardown,
  { state, doneCount }: Pick<Teardown, "state" | "doneCount">,
): Promise<boolean> => {
  const saved = await sql`
    update deployments.teardowns set state = ${state}, done_count = ${doneCount}, attempt = 0
    where workload_id = ${workloadId} and lease_token = ${leaseToken}
    returning workload_id`;
  return saved.length === 1;
};

export const finishTeardown = async (sql: Db, { workloadId, leaseToken }: ClaimedTeardown): Promise<void> => {
  await sql`delete from deployments.teardowns where workload_id = ${workloadId} and lease_token = ${leaseToken}`;
};

export const postponeTeardown = async (sql: Db, teardown: ClaimedTeardown, waitMs: number): Promise<void> => {
  await sql`
    update deployments.teardowns
    set lease_token = null, lease_until = null, step_at = now() + ${waitMs} * interval '1 millisecond'
    where workload_id = ${teardown.workloadId} and lease_token = ${teardown.leaseToken}`;
};

export const getTeardowns = (sql: Db, workloadIds: readonly WorkloadId[]): Promise<Teardown[]> => sql<Teardown[]>`
  select ${columns(sql)}
  from deployments.teardowns t
  where t.workload_id = any (${workloadIds as WorkloadId[]}::uuid[])`;
