import { Instant, Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { CheckedRelease, Reason } from "./release.ts";
import { Address, ReplicaState } from "./replica.ts";

/** Grows with every release a workload is given; the caller counts. */
export const Generation = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export const PutWorkload = z.strictObject({
  workloadId: z.uuid(),
  generation: Generation,
  release: CheckedRelease,
  organisationId: z.uuid(),
  projectId: z.uuid(),
  projectSlug: Slug,
  serviceSlug: Slug,
  /** The node it has to run on; any when absent. */
  nodeId: z.uuid().optional(),
});

const ofRelease = { generation: Generation, releaseId: z.uuid(), releaseNumber: z.number().int() };

/** A replica without the release's variables: those are only told to the agent. */
export const ReplicaView = z.object({
  id: z.uuid(),
  nodeId: z.uuid(),
  ...ofRelease,
  /**
   * A candidate has no traffic yet; a canary has a part of it; a draining one finishes what it had begun; a stopping one
   * is going away.
   */
  role: z.enum(["candidate", "canary", "serving", "draining", "stopping"]),
  /** Which of the release's replicas it is, from 0. */
  ordinal: z.number().int(),
  desired: z.enum(["running", "stopped"]),
  /** `pending` until the agent has said something of it; `completed` when it ended well and need not run for ever. */
  state: z.enum(["pending", "completed", ...ReplicaState.options]),
  address: Address.optional(),
  restarts: z.number().int(),
  reason: Reason.optional(),
  startedAt: Instant.optional(),
  readySince: Instant.optional(),
  createdAt: Instant,
});

export const RolloutState = z.enum(["running", "switching", "succeeded", "failed", "aborted"]);

export const WorkloadView = z.object({
  workloadId: z.uuid(),
  organisationId: z.uuid(),
  projectId: z.uuid(),
  projectSlug: z.string(),
  serviceSlug: z.string(),
  generation: Generation,
  phase: z.enum(["rolling_out", "settled", "removing"]),
  /** The rollout of `generation`. While it is `switching`, gateways are taking over the new routes. */
  rollout: z.object({
    ...ofRelease,
    state: RolloutState,
    /** Why it failed, or why it will have once the old release serves again. */
    reason: Reason.optional(),
    strategy: z.enum(["rolling", "recreate", "canary"]),
    /** Of a canary that has traffic: its weight in percent, and since when gateways send it that much. */
    step: z.object({ index: z.number().int(), weight: z.number().int(), since: Instant }).optional(),
    /** How many replicas the release shall have, and how many of them are ready. */
    wanted: z.number().int(),
    ready: z.number().int(),
    /**
     * What gateways counted from its first change of the routes until the old replicas had drained; null before that,
     * and when not every gateway could be read.
     */
    requests: z.number().int().nullable(),
    failedRequests: z.number().int().nullable(),
    startedAt: Instant,
    finishedAt: Instant.nullable(),
  }),
  /** What has the traffic; null when nothing has, also while a release is replaced by stopping it first. */
  serving: z
    .object({
      ...ofRelease,
      since: Instant,
      /** All of it ended well, and its restart policy leaves it at that. */
      completed: z.boolean(),
    })
    .nullable(),
  hosts: z.array(z.string()),
  replicas: z.array(ReplicaView),
});

export type PutWorkload = z.infer<typeof PutWorkload>;
export type WorkloadView = z.infer<typeof WorkloadView>;
export type ReplicaView = z.infer<typeof ReplicaView>;
