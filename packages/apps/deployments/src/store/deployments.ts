import type { BuildResult, Reason } from "@homeport/ci/contract.ts";
import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { type DeploymentId, type JobId, newId, type ReleaseId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { Actor } from "../actor.ts";
import type { Cause, Deployment, DeploymentState, FinalState } from "../deployment.ts";
import type { Service } from "../service.ts";
import { lockWorkload } from "./workloads.ts";

/** A stored actor. Before there were service accounts it was {personId, name}. */
const actor = (sql: Db, column: ReturnType<Db>) => sql`
  case when ${column} ? 'personId'
    then jsonb_build_object('kind', 'person', 'id', ${column} -> 'personId', 'name', ${column} -> 'name')
    else ${column}
  end`;

const columns = (sql: Db) => sql`
  d.id, d.organisation_id as "organisationId", d.project_id as "projectId", d.service_id as "serviceId",
  d.workload_id as "workloadId", d.cause, d.state, d.job_id as "jobId", d.build, d.release_id as "releaseId",
  r.number as "releaseNumber", r.image, d.generation, d.reason, ${actor(sql, sql`d.created_by`)} as "createdBy",
  d.cancel_requested_at as "cancelRequestedAt", ${actor(sql, sql`d.cancel_requested_by`)} as "cancelRequestedBy",
  d.created_at as "createdAt", d.started_at as "startedAt",
  d.finished_at as "finishedAt"`;

const joined = (sql: Db) => sql`deployments.deployments d left join deployments.releases r on r.id = d.release_id`;

export type SupersededDeployment = Pick<Deployment, "id" | "cause">;

/** Queues a deployment; one that was waiting in the same slot is superseded. */
export const insertDeployment = async (
  tx: Db,
  service: Service,
  cause: Cause,
  createdBy: Actor,
): Promise<{ id: DeploymentId; superseded: SupersededDeployment | null }> => {
  await lockWorkload(tx, service.workloadId); // two people pressing deploy at once: the second supersedes the first
  const [superseded] = await tx<SupersededDeployment[]>`
    update deployments.deployments set state = 'superseded', finished_at = now()
    where workload_id = ${service.workloadId} and state = 'queued'
    returning id, cause`;
  const id = newId<DeploymentId>();
  await tx`
    insert into deployments.deployments
      (id, organisation_id, project_id, service_id, workload_id, cause, state, created_by)
    values (${id}, ${service.organisationId}, ${service.projectId}, ${service.id}, ${service.workloadId},
      ${jsonb(tx, cause)}, 'queued', ${jsonb(tx, createdBy)})`;
  return { id, superseded: superseded ?? null };
};

export const findDeployment = async (sql: Db, workloadId: WorkloadId, id: DeploymentId): Promise<Deployment | null> => {
  const [row] = await sql<Deployment[]>`
    select ${columns(sql)} from ${joined(sql)} where d.workload_id = ${workloadId} and d.id = ${id}`;
  return row ?? null;
};

/** Deployments, newest first, older than `before`. */
export const listDeployments = (
  sql: Db,
  workloadId: WorkloadId,
  before: DeploymentId | null,
  limit: number,
): Promise<Deployment[]> => sql<Deployment[]>`
  select ${columns(sql)}
  from ${joined(sql)}
  where d.workload_id = ${workloadId} ${before === null ? sql`` : sql`and d.id < ${before}`}
  order by d.id desc
  limit ${limit}`;

export const listUnfinished = (sql: Db, workloadId: WorkloadId): Promise<Deployment[]> => sql<Deployment[]>`
  select ${columns(sql)}
  from ${joined(sql)}
  where d.workload_id = ${workloadId} and d.finished_at is null
  order by d.id`;

/** Deployments whose image may be pinned: those that came, with one of their own, as far as making a release of it. */
export const listWithImage = (sql: Db, workloadId: WorkloadId): Promise<{ id: DeploymentId; isOver: boolean }[]> =>
  sql<{ id: DeploymentId; isOver: boolean }[]>`
    select id, finished_at is not null as "isOver"
    from deployments.deployments
    where workload_id = ${workloadId}
      and case cause ->> 'kind'
        when 'release' then false
        when 'build' then build is not null
        else started_at is not null
      end
    order by id`;

/** The newest deployment of each of some workloads. */
export const listLatest = (sql: Db, workloadIds: WorkloadId[]): Promise<Deployment[]> => sql<Deployment[]>`
  select ${columns(sql)}
  from unnest(${workloadIds}::uuid[]) as wanted (workload_id)
  cross join lateral (
    select id
    from deployments.deployments
    where workload_id = wanted.workload_id
    order by id desc
    limit 1
  ) as latest
  join (${joined(sql)}) on d.id = latest.id`;

/**
 * A cancelled deployment that nothing has begun is over at once; any other is told to its steps. Null when it is over
 * or this was asked for before.
 */
export const requestCancel = async (tx: Db, id: DeploymentId, by: Actor): Promise<DeploymentState | null> => {
  const [row] = await tx<{ state: DeploymentState }[]>`
    update deployments.deployments set
      cancel_requested_at = now(),
      cancel_requested_by = ${jsonb(tx, by)},
      state = case when state = 'queued' then 'cancelled' else state end,
      finished_at = case when state = 'queued' then now() else finished_at end,
      step_at = now()
    where id = ${id} and finished_at is null and cancel_requested_at is null
    returning state`;
  return row?.state ?? null;
};

/** Lets the stepper look at a deployment now. */
export const pokeJob = async (sql: Db, jobId: JobId): Promise<void> => {
  await sql`update deployments.deployments set step_at = now() where job_id = ${jobId} and finished_at is null`;
};

export const pokeWorkload = async (sql: Db, workloadId: WorkloadId): Promise<void> => {
  await sql`update deployments.deployments set step_at = now() where workload_id = ${workloadId} and finished_at is null`;
};

export type Finish = { state: FinalState; reason?: Reason | null };

export type Progress = {
  state?: Exclude<DeploymentState, FinalState>;
  jobId?: JobId;
  build?: BuildResult;
  releaseId?: ReleaseId;
  generation?: number;
};

/** Moves a leased deployment on. False: the lease was lost, somebody else is at it. */
export const progressDeployment = async (
  sql: Db,
  id: DeploymentId,
  leaseToken: string,
  progress: Progress,
): Promise<boolean> => {
  const moved = await sql`
    update deployments.deployments set
      state = coalesce(${progress.state ?? null}, state),
      job_id = coalesce(${progress.jobId ?? null}, job_id),
      build = coalesce(${progress.build === undefined ? null : jsonb(sql, progress.build)}::jsonb, build),
      release_id = coalesce(${progress.releaseId ?? null}, release_id),
      generation = coalesce(${progress.generation ?? null}, generation),
      started_at = coalesce(started_at, now())
    where id = ${id} and lease_token = ${leaseToken} and finished_at is null
    returning id`;
  return moved.length === 1;
};

/** Ends a leased deployment. False: the lease was lost. */
export const finishDeployment = async (
  tx: Db,
  id: DeploymentId,
  leaseToken: string,
  { state, reason }: Finish,
): Promise<boolean> => {
  const finished = await tx`
    update deployments.deployments set
      state = ${state}, finished_at = now(), lease_token = null, lease_until = null,
      reason = ${reason === undefined || reason === null ? null : jsonb(tx, reason)}
    where id = ${id} and lease_token = ${leaseToken} and finished_at is null
    returning id`;
  return finished.length === 1;
};
