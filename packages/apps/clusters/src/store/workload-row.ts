import type { Db } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import { Reason } from "../contract/release.ts";
import type { Phase, Rollout, Workload } from "../workload.ts";
import { Targets } from "./routes.ts";

type Plain = Omit<Workload, "rollout" | "serving" | "repairs" | "targets">;

export type WorkloadRow = Plain & {
  rolloutState: Rollout["state"];
  rolloutReason: unknown;
  rolloutStartedAt: Date;
  rolloutFinishedAt: Date | null;
  phase: Phase["at"];
  phaseSince: Date | null;
  stepIndex: number | null;
  stepRevision: number | null;
  stepAcknowledgedAt: Date | null;
  stepPassedAt: Date | null;
  measuredSince: Date | null;
  switchRevision: number | null;
  switchedAt: Date | null;
  servingGeneration: number | null;
  servingSince: Date | null;
  repairCount: number;
  repairAt: Date | null;
  targets: unknown;
};

export const workloadColumns = (sql: Db) => sql`
  id, organisation_id as "organisationId", project_id as "projectId", project_slug as "projectSlug",
  service_slug as "serviceSlug", pinned_node_id as "pinnedNodeId", volume_node_id as "volumeNodeId", generation,
  aborted_generation as "abortedGeneration", removing, rollout_state as "rolloutState",
  rollout_reason as "rolloutReason", rollout_started_at as "rolloutStartedAt",
  rollout_finished_at as "rolloutFinishedAt", phase, phase_since as "phaseSince", step_index as "stepIndex",
  step_revision as "stepRevision", step_acknowledged_at as "stepAcknowledgedAt", step_passed_at as "stepPassedAt",
  (step_measure ->> 'since')::timestamptz as "measuredSince", switch_revision as "switchRevision",
  switched_at as "switchedAt", serving_generation as "servingGeneration", serving_since as "servingSince",
  off_since as "offSince", repair_count as "repairCount", repair_at as "repairAt", hosts, targets`;

export const toWorkload = (row: WorkloadRow): Workload => ({
  id: row.id,
  organisationId: row.organisationId,
  projectId: row.projectId,
  projectSlug: row.projectSlug,
  serviceSlug: row.serviceSlug,
  pinnedNodeId: row.pinnedNodeId,
  volumeNodeId: row.volumeNodeId,
  generation: row.generation,
  abortedGeneration: row.abortedGeneration,
  removing: row.removing,
  rollout: toRollout(row),
  serving:
    row.servingGeneration === null || row.servingSince === null
      ? null
      : { generation: row.servingGeneration, since: row.servingSince },
  offSince: row.offSince,
  repairs: { count: row.repairCount, notBefore: row.repairAt },
  hosts: row.hosts,
  targets: Targets.parse(row.targets),
});

const toRollout = (row: WorkloadRow): Rollout => {
  const startedAt = row.rolloutStartedAt;
  if (row.rolloutState === "running") return { state: "running", startedAt, phase: toPhase(row) };
  if (row.rolloutState === "switching") {
    invariant(row.switchRevision !== null && row.switchedAt !== null, "a check of the table says so");
    return { state: "switching", startedAt, revision: row.switchRevision, switchedAt: row.switchedAt };
  }
  invariant(row.rolloutFinishedAt !== null, "a check of the table says so");
  const finishedAt = row.rolloutFinishedAt;
  if (row.rolloutState !== "failed") return { state: row.rolloutState, startedAt, finishedAt };
  return { state: "failed", startedAt, finishedAt, reason: Reason.parse(row.rolloutReason) };
};

const toPhase = (row: WorkloadRow): Phase => {
  if (row.phase === "starting") return { at: "starting" };
  const since = row.phaseSince;
  invariant(since !== null, "a check of the table says so");
  if (row.phase === "restoring") return { at: "restoring", reason: Reason.parse(row.rolloutReason), since };
  const { stepIndex: index, stepRevision: revision } = row;
  invariant(index !== null && revision !== null, "a check of the table says so");
  return {
    at: "canary",
    index,
    revision,
    since,
    acknowledgedAt: row.stepAcknowledgedAt,
    measuredSince: row.measuredSince,
    passedAt: row.stepPassedAt,
  };
};
