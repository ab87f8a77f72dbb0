import type { JobId, OrganisationId } from "@homeport/kit/ids.ts";
import type { BuildResult, BuildSpec, Reason } from "./contract/build.ts";
import type { JobKind } from "./contract/job.ts";
import type { ListRefsResult, ListRefsSpec } from "./contract/list-refs.ts";

/** Where a job is on its way. Only `running` has a runner, only the last three are final. */
export type JobState<Result> =
  | { state: "queued" }
  | { state: "running"; runnerId: string; startedAt: Date; cancelRequested: boolean }
  | { state: "succeeded"; result: Result; finishedAt: Date }
  | { state: "failed"; reason: Reason; finishedAt: Date }
  | { state: "cancelled"; finishedAt: Date };

type JobBase = {
  id: JobId;
  key: string;
  organisationId: OrganisationId;
  attempt: number;
  maxAttempts: number;
  timeoutSeconds: number;
  createdAt: Date;
};

export type BuildJob = JobBase & { kind: "build"; spec: BuildSpec } & JobState<BuildResult>;
/** Asks a repository for its refs; of no project, and without a log. */
export type ListRefsJob = JobBase & { kind: "list_refs"; spec: ListRefsSpec } & JobState<ListRefsResult>;
export type Job = BuildJob | ListRefsJob;

export type RunningJob = Extract<Job, { state: "running" }>;

/** What came of a job. */
export type JobResult = { kind: "build"; result: BuildResult } | { kind: "list_refs"; result: ListRefsResult };

/** Which job, and whose. */
export type JobPlace = { id: JobId; organisationId: OrganisationId };

/** The caller's name for a job, one of a kind in its organisation. */
export type JobKey = { organisationId: OrganisationId; key: string };

export type NewJob = JobKey & {
  id: JobId;
  labels: string[];
  priority: number;
  timeoutSeconds: number;
} & ({ kind: "build"; spec: BuildSpec } | { kind: "list_refs"; spec: ListRefsSpec });

/** What people call a job of this kind. */
const NAMES: Readonly<Record<JobKind, string>> = { build: "build", list_refs: "request for branches" };

/** Whether it will never change again. */
export const isOver = ({ state }: Job): boolean => state === "succeeded" || state === "failed" || state === "cancelled";

/** Id of a build's log stream at the logging app. */
export const logStreamOf = (id: JobId): string => `build.${id}`;

/** What the reaper knows of a job whose lease or time limit has passed. */
export type OverdueJob = {
  id: JobId;
  kind: JobKind;
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
    return failed("timed_out", `The ${NAMES[job.kind]} did not finish within its time limit of ${limit}.`);
  }
  if (job.attempt < job.maxAttempts) return { state: "queued" };
  const times = job.attempt === 1 ? "once" : `${job.attempt} times`;
  return failed(
    "runner_lost",
    `The runner stopped answering while it worked on this ${NAMES[job.kind]}. It was tried ${times}.`,
  );
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
