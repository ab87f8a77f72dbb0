import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { Reason } from "../workload.ts";
import type { NewWorkload } from "./workloads.ts";

/** Begins the rollout of a newer generation. */
export const beginRollout = async (sql: Db, workload: NewWorkload, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set project_slug = ${workload.projectSlug}, service_slug = ${workload.serviceSlug},
      pinned_node_id = ${workload.pinnedNodeId}, generation = ${workload.generation}, rollout_state = 'running',
      phase = 'starting', rollout_reason = null, rollout_started_at = ${now}, rollout_finished_at = null, due_at = ${now}
    where id = ${workload.id}`;
};

/** What serves has no traffic from now on, and gets it back unless the rollout succeeds. */
export const setOff = async (sql: Db, id: WorkloadId, now: Date): Promise<void> => {
  await sql`update clusters.workloads set off_since = coalesce(off_since, ${now}) where id = ${id}`;
};

/** Begins a canary's step. */
export const setStep = async (sql: Db, id: WorkloadId, index: number, revision: number, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set phase = 'canary', phase_since = ${now}, step_index = ${index}, step_revision = ${revision},
      step_acknowledged_at = null, step_passed_at = null, step_measure = null
    where id = ${id}`;
};

export const acknowledgeStep = async (sql: Db, id: WorkloadId, now: Date): Promise<void> => {
  await sql`update clusters.workloads set step_acknowledged_at = ${now} where id = ${id}`;
};

export const passStep = async (sql: Db, id: WorkloadId, now: Date): Promise<void> => {
  await sql`update clusters.workloads set step_passed_at = ${now} where id = ${id}`;
};

export const setSwitching = async (sql: Db, id: WorkloadId, revision: number, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set rollout_state = 'switching', phase = 'starting', switch_revision = ${revision}, switched_at = ${now},
      serving_generation = generation, serving_since = ${now}, off_since = null, repair_count = 0, repair_at = null
    where id = ${id}`;
};

/** The rollout failed, and goes on until what it took off serves again. */
export const setRestoring = async (sql: Db, id: WorkloadId, reason: Reason, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set phase = 'restoring', phase_since = ${now}, rollout_reason = ${jsonb(sql, reason)}, repair_count = 0,
      repair_at = null
    where id = ${id}`;
};

export const setRestoringReason = async (sql: Db, id: WorkloadId, reason: Reason): Promise<void> => {
  await sql`
    update clusters.workloads set rollout_reason = ${jsonb(sql, reason)} where id = ${id} and phase = 'restoring'`;
};

/** A replica was put in the place of a lost one, or serves again after it was taken off. */
export const noteRepaired = async (sql: Db, id: WorkloadId): Promise<void> => {
  await sql`update clusters.workloads set off_since = null, repair_count = 0, repair_at = null where id = ${id}`;
};

export const noteRepairFailed = async (sql: Db, id: WorkloadId, notBefore: Date): Promise<void> => {
  await sql`
    update clusters.workloads set repair_count = repair_count + 1, repair_at = ${notBefore} where id = ${id}`;
};

export const finishRollout = async (
  sql: Db,
  id: WorkloadId,
  end: { state: "succeeded" | "aborted" } | { state: "failed"; reason: Reason },
  now: Date,
): Promise<void> => {
  await sql`
    update clusters.workloads
    set rollout_state = ${end.state}, phase = 'starting',
      rollout_reason = ${end.state === "failed" ? jsonb(sql, end.reason) : null}, rollout_finished_at = ${now}
    where id = ${id}`;
};
