import type { Reason } from "@homeport/ci/contract.ts";
import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Initiator } from "../actor.ts";
import type { Cause } from "../deployment.ts";

export type Pushed = { id: DeploymentId; cause: Cause };

/** The deployment of exactly this commit of a branch that waits or is under way; null when there is none. */
export const findUnfinishedOf = async (
  tx: Db,
  workloadId: WorkloadId,
  branch: string,
  commit: string,
): Promise<DeploymentId | null> => {
  const [row] = await tx<{ id: DeploymentId }[]>`
    select id from deployments.deployments
    where workload_id = ${workloadId} and finished_at is null and cancel_requested_at is null
      and cause -> 'source' ->> 'branch' = ${branch} and cause -> 'source' ->> 'commit' = ${commit}
    order by id desc
    limit 1`;
  return row?.id ?? null;
};

/**
 * Asks the build of another commit of a branch to stop, and gives it the reason; it is over once its runner has heard of
 * it. What is further than building goes on: its release is made.
 */
export const cancelBuildOf = (
  tx: Db,
  workloadId: WorkloadId,
  branch: string,
  commit: string,
  by: Initiator,
  reason: Reason,
): Promise<Pushed[]> => tx<Pushed[]>`
  update deployments.deployments set
    cancel_requested_at = now(), cancel_requested_by = ${jsonb(tx, by)}, reason = ${jsonb(tx, reason)}, step_at = now()
  where workload_id = ${workloadId} and state = 'building' and cancel_requested_at is null
    and coalesce(cause -> 'source' ->> 'branch', cause -> 'source' ->> 'ref') = ${branch}
    and cause -> 'source' ->> 'commit' is distinct from ${commit}
  returning id, cause`;

/** Ends what waits to be built of a branch. */
export const cancelQueuedOf = (
  tx: Db,
  workloadIds: readonly WorkloadId[],
  branch: string,
  by: Initiator,
  reason: Reason,
): Promise<(Pushed & { workloadId: WorkloadId })[]> => tx<(Pushed & { workloadId: WorkloadId })[]>`
  update deployments.deployments set
    state = 'cancelled', finished_at = now(), cancel_requested_at = now(), cancel_requested_by = ${jsonb(tx, by)},
    reason = ${jsonb(tx, reason)}, step_at = now()
  where workload_id = any (${workloadIds as WorkloadId[]}::uuid[]) and state = 'queued'
    and coalesce(cause -> 'source' ->> 'branch', cause -> 'source' ->> 'ref') = ${branch}
  returning id, cause, workload_id as "workloadId"`;

/** What a workload was last deployed from: `commit` null where it is not known (yet), `branch` null where none was named. */
export type LastBuild = { commit: string | null; branch: string | null; isUnfinished: boolean };

/** Of workloads that were deployed from git; the others are not in the answer. */
export const listLastBuilds = async (
  sql: Db,
  workloadIds: readonly WorkloadId[],
): Promise<Map<WorkloadId, LastBuild>> => {
  const rows = await sql<(LastBuild & { workloadId: WorkloadId })[]>`
    select wanted.workload_id as "workloadId", last.commit, last.branch, last.is_unfinished as "isUnfinished"
    from unnest(${workloadIds as WorkloadId[]}::uuid[]) as wanted (workload_id)
    cross join lateral (
      select coalesce(d.build ->> 'commit', d.cause -> 'source' ->> 'commit') as commit,
        coalesce(d.cause -> 'source' ->> 'branch', d.build ->> 'branch', d.cause -> 'source' ->> 'ref') as branch,
        d.finished_at is null as is_unfinished
      from deployments.deployments d
      where d.workload_id = wanted.workload_id and d.cause -> 'source' ->> 'kind' = 'git' and d.state <> 'superseded'
      order by d.id desc
      limit 1
    ) as last`;
  return new Map(rows.map(({ workloadId, ...last }) => [workloadId, last]));
};
