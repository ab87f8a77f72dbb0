import type { NewEvent } from "@homeport/kit/events/event.ts";
import type { ListRefsResult } from "./contract/list-refs.ts";
import type { Job } from "./job.ts";

/** The event that tells the platform what just became of a job. Written in the transaction that changed its state. */
export const jobEvent = (job: Job): NewEvent => {
  const { name, more } = describe(job);
  return {
    type: `ci.job.${name}`,
    source: "ci",
    subject: job.id,
    organisationId: job.organisationId,
    projectId: job.kind === "build" ? job.spec.projectId : null,
    data: { jobId: job.id, key: job.key, kind: job.kind, attempt: job.attempt, ...more },
  };
};

const describe = (job: Job): { name: string; more: Record<string, unknown> } => {
  switch (job.state) {
    case "queued":
      return { name: "queued", more: {} };
    case "running":
      return { name: job.cancelRequested ? "cancelling" : "started", more: { runnerId: job.runnerId } };
    case "succeeded":
      return { name: "succeeded", more: job.kind === "build" ? { result: job.result } : countOf(job.result) };
    case "failed":
      return { name: "failed", more: { reason: job.reason } };
    case "cancelled":
      return { name: "cancelled", more: {} };
  }
};

/** The refs themselves would not fit into an event. */
const countOf = ({ refs, defaultBranch }: ListRefsResult) => ({ refCount: refs.length, defaultBranch });
