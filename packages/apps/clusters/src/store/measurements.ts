import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import { TrafficRecord } from "@homeport/kit/registry/traffic-record.ts";
import { z } from "zod";
import type { Measuring } from "../plan.ts";
import type { Counts } from "../traffic.ts";

/** What gateways counted, as it is kept to be compared with what they count later. */
const Snapshot = z.object({
  gateways: z.array(
    TrafficRecord.pick({ instance: true, startedAt: true, isStopped: true, unserved: true, targets: true }),
  ),
});

const CountsJson = z.object({ requests: z.number().int(), errors: z.number().int() });

/** JSON of the step_measure column: counting since then from `snapshot`, on top of what is known from before. */
const StepMeasure = z.object({
  since: z.iso.datetime(),
  snapshot: Snapshot,
  canary: CountsJson,
  stable: CountsJson,
});

export type StepMeasure = { since: Date; snapshot: TrafficSnapshot; canary: Counts; stable: Counts };

/** What the step of a workload's canary is measured from; null before its measuring began. */
export const findStepMeasure = async (sql: Db, id: WorkloadId): Promise<StepMeasure | null> => {
  const [row] = await sql<{ measure: unknown }[]>`
    select step_measure as measure from clusters.workloads where id = ${id} and phase = 'canary'`;
  if (row === undefined || row.measure === null) return null;
  const { since, ...measure } = StepMeasure.parse(row.measure);
  return { ...measure, since: new Date(since) };
};

export const setStepMeasure = async (sql: Db, id: WorkloadId, measure: StepMeasure): Promise<void> => {
  const column = { ...measure, since: measure.since.toISOString() };
  await sql`update clusters.workloads set step_measure = ${jsonb(sql, column)} where id = ${id}`;
};

/** Releases of a workload whose rollouts are counted and not settled yet. */
export const listMeasuring = (sql: Db, id: WorkloadId): Promise<Measuring[]> => sql<Measuring[]>`
  select generation, traffic_revision as revision, drained_at as "drainedAt"
  from clusters.releases
  where workload_id = ${id} and traffic_revision is not null and settled_at is null
  order by generation`;

/** Notes that a rollout changed the routes; the first time also what had been counted before, null when nobody knows. */
export const noteRouteChange = async (
  sql: Db,
  release: { workloadId: WorkloadId; generation: number },
  revision: number,
  before: TrafficSnapshot | null,
): Promise<void> => {
  await sql`
    update clusters.releases
    set traffic_before = case
          when traffic_revision is null then ${before === null ? null : jsonb(sql, before)}::jsonb
          else traffic_before
        end,
      traffic_revision = ${revision}
    where workload_id = ${release.workloadId} and generation = ${release.generation} and settled_at is null`;
};

export const noteDrained = async (sql: Db, workloadId: WorkloadId, generation: number, now: Date): Promise<void> => {
  await sql`
    update clusters.releases set drained_at = ${now}
    where workload_id = ${workloadId} and generation = ${generation} and drained_at is null`;
};

export const findTrafficBefore = async (
  sql: Db,
  workloadId: WorkloadId,
  generation: number,
): Promise<TrafficSnapshot | null> => {
  const [row] = await sql<{ before: unknown }[]>`
    select traffic_before as before from clusters.releases
    where workload_id = ${workloadId} and generation = ${generation}`;
  return row === undefined || row.before === null ? null : Snapshot.parse(row.before);
};

/** What was counted during a rollout; null when not every gateway could be read. */
export type Figures = { requests: number; failedRequests: number } | null;

/** The snapshot is not needed any more, and may be large. */
export const settleFigures = async (
  sql: Db,
  workloadId: WorkloadId,
  generation: number,
  figures: Figures,
  now: Date,
): Promise<void> => {
  await sql`
    update clusters.releases
    set settled_at = ${now}, requests = ${figures?.requests ?? null},
      failed_requests = ${figures?.failedRequests ?? null}, traffic_before = null
    where workload_id = ${workloadId} and generation = ${generation}`;
};

/** The figures of one release; null while there are none. */
export const findFigures = async (sql: Db, workloadId: WorkloadId, generation: number): Promise<Figures> => {
  const [row] = await sql<{ requests: number | null; failedRequests: number | null }[]>`
    select requests, failed_requests as "failedRequests" from clusters.releases
    where workload_id = ${workloadId} and generation = ${generation}`;
  if (row === undefined || row.requests === null || row.failedRequests === null) return null;
  return { requests: row.requests, failedRequests: row.failedRequests };
};
