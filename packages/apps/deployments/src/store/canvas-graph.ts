import type { Db } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, EnvironmentId, ProjectId, ServiceId } from "@homeport/kit/ids.ts";
import type { DraftSummary, ServiceStatus } from "../canvas/view.ts";
import type { DeploymentState } from "../deployment.ts";

/** A project has at most so many services in so many environments on a canvas. */
const MAX_STATUSES = 5_000;

/** How services stand: all of them in one environment, or one of them in each. */
export const listStatuses = async (
  sql: Db,
  projectId: ProjectId,
  of: { environment: EnvironmentId } | { service: ServiceId },
): Promise<ServiceStatus[]> => {
  const rows = await sql<
    {
      service: ServiceId;
      environment: EnvironmentId;
      isLive: boolean;
      deploymentId: DeploymentId | null;
      state: DeploymentState;
    }[]
  >`
    select s.id as service, w.environment_id as environment, w.current_release_id is not null as "isLive",
      latest.id as "deploymentId", latest.state
    from deployments.services s
    join deployments.workloads w on w.service_id = s.id
    left join lateral (
      select d.id, d.state
      from deployments.deployments d
      where d.workload_id = w.id
      order by d.id desc
      limit 1
    ) latest on true
    where s.project_id = ${projectId}
      and ${"environment" in of ? sql`w.environment_id = ${of.environment}` : sql`s.id = ${of.service}`}
    order by s.slug, w.environment_id
    limit ${MAX_STATUSES}`;
  return rows.map(({ service, environment, isLive, deploymentId, state }) => ({
    service,
    environment,
    isLive,
    deployment: deploymentId === null ? null : { id: deploymentId, state },
  }));
};

export const summarizeDraft = async (sql: Db, projectId: ProjectId): Promise<DraftSummary> => {
  const [row] = await sql<DraftSummary[]>`
    select p.draft_version as version, count(c.id)::int as staged
    from deployments.projects p
    left join deployments.changes c on c.project_id = p.id and c.state = 'staged'
    where p.id = ${projectId}
    group by p.id`;
  return row ?? { version: 0, staged: 0 };
};
