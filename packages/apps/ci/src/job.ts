import type { JobId, OrganisationId } from "@homeport/kit/ids.ts";
import type { BuildResult, BuildSpec, Reason } from "./contract/build.ts";

/** Where a job is on its way. Only `running` has a runner, only the last three are final. */
export type JobState =
  | { state: "queued" }
  | { state: "running"; runnerId: string; startedAt: Date; cancelRequested: boolean }
  | { state: "succeeded"; result: BuildResult; finishedAt: Date }
  | { state: "failed"; reason: Reason; finishedAt: Date }
  | { state: "cancelled"; finishedAt: Date };

export type Job = JobState & {
  id: JobId;
  key: string;
  kind: "build";
  organisationId: OrganisationId;
  spec: BuildSpec;
  attempt: number;
  maxAttempts: number;
  timeoutSeconds: number;
  createdAt: Date;
};

export type RunningJob = Extract<Job, { state: "running" }>;

/** The caller's name for a job, one of a kind in its organisation. */
export type JobKey = { organisationId: OrganisationId; key: string };

export type NewJob = JobKey & {
  id: JobId;
  spec: BuildSpec;
  labels: string[];
  priority: number;
  timeoutSeconds: number;
};

/** Id of a job's log stream at the logging app. */
export const logStreamOf = (id: JobId): string => `build.${id}`;

/** What the reaper knows of a job whose lease or time limit has passed. */
export type OverdueJob = {
  id: JobId;
  attempt: number;
  maxAttempts: number;
  timeoutSeconds: number;
  cancelRequested: boolean;
  /** Its time limit has passed, whether or not its runner is alive. */
  timedOut: boolean;
};

export type Verdict = { state: "queued" } | { state: "cancelled" } | { state: "failed"; reason: Reason };

/**
 * What becomes of an overdue job. A lost runner is no fault of the build, so another one may try; a build that took too
 * long would do so again.
 */
export const judgeOverdue = (job: OverdueJob): Verdict => {
  if (job.cancelRequested) return { state: "cancelled" };
  if (job.timedOut) {
    const limit = describeSeconds(job.timeoutSeconds);
    return failed("timed_out", `The build did not finish within its time limit of ${limit}.`);
  }
  if (job.attempt < job.maxAttempts) return { state: "queued" };
  const times = job.attempt === 1 ? "once" : `${job.attempt} times`;
  return failed("runner_lost", `The runner stopped answering while it worked on this build. It was tried ${times}.`);
};

const failed = (code: string, message: string): Verdict => ({ state: "failed", reason: { code, message } });

const describeSeconds = (seconds: number): string => {
  if (seconds % 60 !== 0) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  return seconds === 60 ? "1 minute" : `${seconds / 60} minutes`;
};

/** Events hold 64 KiB of JSON; this leaves room for the rest of one. */
const MAX_REASON_BYTES = 40 * 1024;

/** Drops the oldest of a reason's lines until it fits into an event. */
export const boundReason = (reason: Reason): Reason => {
  let lines = reason.lastLines ?? [];
  while (lines.length > 0 && Buffer.byteLength(JSON.stringify({ ...reason, lastLines: lines })) > MAX_REASON_BYTES) {
    lines = lines.slice(1);
  }
  return reason.lastLines === undefined ? reason : { ...reason, lastLines: lines };
};

/** A URL without the user and password it may carry, for people who may read the job but not its credentials. */
export const withoutCredentials = (url: string): string =>
  url.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i, (_, scheme: string) => scheme);
