import { Instant, Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Reason, WorkloadRelease } from "./release.ts";
import { Address, ReplicaState } from "./replica.ts";

/** Grows with every release a workload is given; the caller counts. */
export const Generation = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export const PutWorkload = z.strictObject({
  workloadId: z.uuid(),
  generation: Generation,
  release: WorkloadRelease,
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
  /** A candidate has no traffic yet; a draining one finishes what it had begun; a stopping one is going away. */
  role: z.enum(["candidate", "serving", "draining", "stopping"]),
  desired: z.enum(["running", "stopped"]),
  /** `pending` until the agent has said something of it. */
  state: z.enum(["pending", ...ReplicaState.options]),
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
    reason: Reason.optional(),
    startedAt: Instant,
    finishedAt: Instant.nullable(),
  }),
  /** What has the traffic. */
  serving: z.object({ ...ofRelease, since: Instant }).nullable(),
  hosts: z.array(z.string()),
  replicas: z.array(ReplicaView),
});

export type PutWorkload = z.infer<typeof PutWorkload>;
export type WorkloadView = z.infer<typeof WorkloadView>;
export type ReplicaView = z.infer<typeof ReplicaView>;
