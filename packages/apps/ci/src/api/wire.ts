import type { BuildJob as BuildWire, Job as JobWire, ListRefsJob as ListRefsWire } from "../contract.ts";
import { type BuildJob, type Job, type JobState, type ListRefsJob, logStreamOf, withoutCredentials } from "../job.ts";

type Running<J> = Extract<J, { state: "running" }>;

/** A job as members and other apps see it: without credentials in its source. */
export const toWire = (job: Job): JobWire => {
  switch (job.kind) {
    case "build": {
      const { source } = job.spec;
      const spec = { ...job.spec, source: source.kind === "git" ? shown(source) : source };
      return { ...buildBase(job), spec, ...stateOf(job) };
    }
    case "list_refs":
      return { ...listRefsBase(job), spec: { ...job.spec, source: shown(job.spec.source) }, ...stateOf(job) };
  }
};

/** A build as its runner gets it, which has to fetch the source. */
export const toRunnerBuild = (job: Running<BuildJob>): Running<BuildWire> => ({ ...buildBase(job), ...runningOf(job) });

export const toRunnerListRefs = (job: Running<ListRefsJob>): Running<ListRefsWire> => ({
  ...listRefsBase(job),
  ...runningOf(job),
});

const shown = <Source extends { url: string }>(source: Source): Source => ({
  ...source,
  url: withoutCredentials(source.url),
});

const buildBase = (job: BuildJob) => ({
  ...baseOf(job),
  kind: job.kind,
  spec: job.spec,
  logStream: logStreamOf(job.id),
});

const listRefsBase = (job: ListRefsJob) => ({ ...baseOf(job), kind: job.kind, spec: job.spec });

const baseOf = (job: Job) => ({
  id: job.id,
  key: job.key,
  organisationId: job.organisationId,
  attempt: job.attempt,
  maxAttempts: job.maxAttempts,
  createdAt: job.createdAt.toISOString(),
});

const stateOf = <Result>(job: JobState<Result>) => {
  switch (job.state) {
    case "queued":
      return { state: job.state };
    case "running":
      return runningOf(job);
    case "succeeded":
      return { state: job.state, result: job.result, finishedAt: job.finishedAt.toISOString() };
    case "failed":
      return { state: job.state, reason: job.reason, finishedAt: job.finishedAt.toISOString() };
    case "cancelled":
      return { state: job.state, finishedAt: job.finishedAt.toISOString() };
  }
};

const runningOf = (job: Extract<JobState<unknown>, { state: "running" }>) => ({
  state: job.state,
  runnerId: job.runnerId,
  startedAt: job.startedAt.toISOString(),
  cancelRequested: job.cancelRequested,
});
