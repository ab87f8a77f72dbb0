import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { type DeploymentId, type JobId, newId, type RunId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { Initiator } from "../actor.ts";
import { type Cause, type Deployment, type DeploymentState, isFinal } from "../deployment.ts";
import type { Change } from "../deployment-machine.ts";
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
  r.number as "releaseNumber", r.image, d.generation, d.run_id as "runId", d.reason, d.requests,
  d.failed_requests as "failedRequests", ${actor(sql, sql`d.created_by`)} as "createdBy",
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
  createdBy: Initiator,
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
export const requestCancel = async (tx: Db, id: DeploymentId, by: Initiator): Promise<DeploymentState | null> => {
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

export const pokeRun = async (sql: Db, runId: RunId): Promise<void> => {
  await sql`update deployments.deployments set step_at = now() where run_id = ${runId} and finished_at is null`;
};

export const pokeWorkload = async (sql: Db, workloadId: WorkloadId): Promise<void> => {
  await sql`update deployments.deployments set step_at = now() where workload_id = ${workloadId} and finished_at is null`;
};

/** Changes a leased deployment; one that comes to an end lets go of its lease. False: the lease was lost. */
export const changeDeployment = async (
  tx: Db,
  id: DeploymentId,
  leaseToken: string,
  change: Change,
): Promise<boolean> => {
  const { state = null, jobId = null, build, releaseId = null, generation = null, runId, reason } = change;
  const isOver = state !== null && isFinal(state);
  const changed = await tx`
    update deployments.deployments set
      state = coalesce(${state}, state),
      job_id = coalesce(${jobId}, job_id),
      build = coalesce(${build === undefined ? null : jsonb(tx, build)}::jsonb, build),
      release_id = coalesce(${releaseId}, release_id),
      generation = coalesce(${generation}, generation),
      run_id = case when ${runId !== undefined} then ${runId ?? null}::uuid else run_id end,
      reason = coalesce(${reason === undefined ? null : jsonb(tx, reason)}::jsonb, reason),
      started_at = coalesce(started_at, now()),
      finished_at = case when ${isOver} then now() end,
      lease_token = case when ${isOver} then null else lease_token end,
      lease_until = case when ${isOver} then null else lease_until end
    where id = ${id} and lease_token = ${leaseToken} and finished_at is null
    returning id`;
  return changed.length === 1;
};

/** What gateways counted while the traffic of a generation changed over. Told again, it is the same. */
export const setTraffic = async (
  tx: Db,
  workloadId: WorkloadId,
  generation: number,
  { requests, failedRequests }: { requests: number | null; failedRequests: number | null },
): Promise<void> => {
  await tx`
    update deployments.deployments
    set requests = ${requests}, failed_requests = ${failedRequests}, settled_at = coalesce(settled_at, now())
    where workload_id = ${workloadId} and generation = ${generation}`;
};
