import type { Db } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, OrganisationId, WorkloadId } from "@homeport/kit/ids.ts";

/** What is left of a workload whose rows are gone. */
export type Teardown = { workloadId: WorkloadId; organisationId: OrganisationId; deploymentIds: DeploymentId[] };

/**
 * Notes all that has to be taken away of some workloads, before their rows are deleted in the same transaction. From here
 * on their deployments can make no more steps.
 */
export const insertTeardowns = async (tx: Db, workloadIds: readonly WorkloadId[]): Promise<void> => {
  await tx`
    insert into deployments.teardowns (workload_id, organisation_id, deployment_ids)
    select w.id, w.organisation_id, coalesce(array_agg(d.id) filter (where d.id is not null), '{}')
    from deployments.workloads w
    left join deployments.deployments d on d.workload_id = w.id and (d.started_at is not null or d.finished_at is null)
    where w.id = any (${workloadIds as WorkloadId[]}::uuid[])
    group by w.id`;
};

export type ClaimedTeardown = Teardown & { leaseToken: string; attempt: number; createdAt: Date };

const LEASE_SECONDS = 60;

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
  set lease_token = gen_random_uuid(), lease_until = now() + ${LEASE_SECONDS} * interval '1 second', attempt = t.attempt + 1
  from due
  where t.workload_id = due.workload_id
  returning t.workload_id as "workloadId", t.organisation_id as "organisationId", t.deployment_ids as "deploymentIds",
    t.lease_token as "leaseToken", t.attempt, t.created_at as "createdAt"`;

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
  select workload_id as "workloadId", organisation_id as "organisationId", deployment_ids as "deploymentIds"
  from deployments.teardowns
  where workload_id = any (${workloadIds as WorkloadId[]}::uuid[])`;
