import type { Db } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, ProjectId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Cause } from "../deployment.ts";

/** How a workload stands: what it runs, and what is on its way. */
export type Slot = {
  workloadId: WorkloadId;
  isLive: boolean;
  isUnderWay: boolean;
  /** Of the newest release that did not fail; null for one from before there were digests, and without one. */
  digest: string | null;
  /** The deployment that has no release yet: it takes the configuration of its moment. */
  waitingId: DeploymentId | null;
  waitingCause: Cause["kind"] | null;
};

export const listSlots = (sql: Db, projectId: ProjectId): Promise<Slot[]> => sql<Slot[]>`
  select w.id as "workloadId", w.current_release_id is not null as "isLive",
    exists (
      select 1 from deployments.deployments d where d.workload_id = w.id and d.finished_at is null
    ) as "isUnderWay",
    newest.config_digest as digest, waiting.id as "waitingId", waiting.kind as "waitingCause"
  from deployments.workloads w
  join deployments.services s on s.id = w.service_id
  left join lateral (
    select r.config_digest
    from deployments.releases r
    where r.workload_id = w.id and r.state <> 'failed'
    order by r.number desc
    limit 1
  ) as newest on true
  left join lateral (
    select d.id, d.cause ->> 'kind' as kind
    from deployments.deployments d
    where d.workload_id = w.id and d.finished_at is null and d.release_id is null
    order by d.id desc
    limit 1
  ) as waiting on true
  where s.project_id = ${projectId}
  order by w.id`;
