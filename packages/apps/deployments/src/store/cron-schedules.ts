import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, ProjectId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Planned } from "../cron.ts";

/** Has all cron services of a project looked at anew: their settings may have changed. */
export const lookAtCrons = async (tx: Db, projectId: ProjectId): Promise<void> => {
  await tx`
    insert into deployments.cron_schedules (workload_id, organisation_id, look_at)
    select w.id, w.organisation_id, '-infinity'
    from deployments.services s
    join deployments.workloads w on w.service_id = s.id
    where s.project_id = ${projectId} and s.settings ->> 'kind' = 'cron'
    on conflict (workload_id) do update set look_at = excluded.look_at`;
};

/** The same for one whose live release is another. */
export const lookAtCron = async (tx: Db, workloadId: WorkloadId): Promise<void> => {
  await tx`update deployments.cron_schedules set look_at = '-infinity' where workload_id = ${workloadId}`;
};

export type DueCron = { workloadId: WorkloadId; organisationId: OrganisationId; planned: Planned };

/** One whose time to be looked at has come, held until the end of the transaction; those that others hold are passed over. */
export const takeDueCron = async (tx: Db, now: Date): Promise<DueCron | null> => {
  const [row] = await tx<
    { workloadId: WorkloadId; organisationId: OrganisationId; spec: string | null; nextAt: Date }[]
  >`
    select workload_id as "workloadId", organisation_id as "organisationId", spec, next_at as "nextAt"
    from deployments.cron_schedules
    where look_at <= ${now}
    order by look_at, workload_id
    limit 1
    for update skip locked`;
  if (row === undefined) return null;
  const { workloadId, organisationId, spec, nextAt } = row;
  return { workloadId, organisationId, planned: spec === null ? null : { spec, nextAt } };
};

/** Without a plan it is looked at when something changes. */
export const planCronLook = async (tx: Db, workloadId: WorkloadId, planned: Planned): Promise<void> => {
  await tx`
    update deployments.cron_schedules
    set spec = ${planned?.spec ?? null}, next_at = ${planned?.nextAt ?? null},
      look_at = coalesce(${planned?.nextAt ?? null}::timestamptz, 'infinity')
    where workload_id = ${workloadId}`;
};

/** Has one looked at later, its plan being what it was. */
export const postponeCronLook = async (tx: Db, workloadId: WorkloadId, until: Date): Promise<void> => {
  await tx`update deployments.cron_schedules set look_at = ${until} where workload_id = ${workloadId}`;
};
