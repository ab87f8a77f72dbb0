import { Instant, Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { CheckedRelease, Reason, WorkloadRelease } from "./release.ts";

/** One command in a release's image, with its variables, files and limits, run once. */
export const CreateRun = z.strictObject({
  /** The caller's: asking again with it gives the run that there is. */
  runId: z.uuid(),
  workloadId: z.uuid(),
  organisationId: z.uuid(),
  projectId: z.uuid(),
  projectSlug: Slug,
  serviceSlug: Slug,
  release: CheckedRelease,
  command: WorkloadRelease.shape.command.unwrap(),
  /** Counted from its start. */
  timeoutSeconds: z.number().int().min(1).max(86_400).default(900),
  /** The node it has to run on; where the workload's volumes are, else any, when absent. */
  nodeId: z.uuid().optional(),
});

export const RunState = z.enum(["pending", "running", "succeeded", "failed", "cancelled"]);

export const Run = z.object({
  runId: z.uuid(),
  workloadId: z.uuid(),
  state: RunState,
  /** Null while it has not ended, and when nobody saw it end. */
  exitCode: z.number().int().nullable(),
  reason: Reason.nullable(),
  /** `run.<runId>` */
  logStream: z.string(),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  nodeId: z.uuid().nullable(),
});

export type CreateRun = z.infer<typeof CreateRun>;
export type Run = z.infer<typeof Run>;
