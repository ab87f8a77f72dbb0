import type { Job as JobWire, RunningJob as RunningJobWire } from "../contract.ts";
import { type Job, logStreamOf, type RunningJob, withoutCredentials } from "../job.ts";

/** A job as members and other apps see it: without credentials in its source. */
export const toWire = (job: Job): JobWire => {
  const { source } = job.spec;
  const shown = source.kind === "git" ? { ...source, url: withoutCredentials(source.url) } : source;
  const base = { ...baseOf(job), spec: { ...job.spec, source: shown } };
  switch (job.state) {
    case "queued":
      return { ...base, state: job.state };
    case "running":
      return { ...base, ...runningOf(job) };
    case "succeeded":
      return { ...base, state: job.state, result: job.result, finishedAt: job.finishedAt.toISOString() };
    case "failed":
      return { ...base, state: job.state, reason: job.reason, finishedAt: job.finishedAt.toISOString() };
    case "cancelled":
      return { ...base, state: job.state, finishedAt: job.finishedAt.toISOString() };
  }
};

/** A job as its runner gets it, which has to fetch the source. */
export const toRunnerWire = (job: RunningJob): RunningJobWire => ({ ...baseOf(job), ...runningOf(job) });

const baseOf = (job: Job) => ({
  id: job.id,
  key: job.key,
  kind: job.kind,
  organisationId: job.organisationId,
  spec: job.spec,
  attempt: job.attempt,
  maxAttempts: job.maxAttempts,
  logStream: logStreamOf(job.id),
  createdAt: job.createdAt.toISOString(),
});

const runningOf = (job: RunningJob) => ({
  state: job.state,
  runnerId: job.runnerId,
  startedAt: job.startedAt.toISOString(),
  cancelRequested: job.cancelRequested,
});
