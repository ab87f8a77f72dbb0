import type { Db } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { JobId, OrganisationId } from "@homeport/kit/ids.ts";
import type { ZodType } from "zod";
import { BuildResult, BuildSpec, Reason } from "../contract/build.ts";
import type { JobKind } from "../contract/job.ts";
import { ListRefsResult, ListRefsSpec } from "../contract/list-refs.ts";
import type { Job, JobState, RunningJob } from "../job.ts";

/** A row of `ci.jobs` as every query of this folder returns it; see `jobColumns`. */
export type JobRow = {
  id: JobId;
  key: string;
  kind: JobKind;
  organisationId: OrganisationId;
  state: "preparing" | Job["state"];
  spec: unknown;
  attempt: number;
  maxAttempts: number;
  timeoutSeconds: number;
  runnerId: string | null;
  cancelRequested: boolean;
  result: unknown;
  reason: unknown;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

/** The select list of a JobRow; the table must be called `jobs` in the query. */
export const jobColumns = (sql: Db) => sql`
  jobs.id,
  jobs.key,
  jobs.kind,
  jobs.organisation_id as "organisationId",
  jobs.state,
  jobs.spec,
  jobs.attempt,
  jobs.max_attempts as "maxAttempts",
  jobs.timeout_seconds as "timeoutSeconds",
  jobs.runner_id as "runnerId",
  jobs.cancel_requested as "cancelRequested",
  jobs.result,
  jobs.reason,
  jobs.created_at as "createdAt",
  jobs.started_at as "startedAt",
  jobs.finished_at as "finishedAt"`;

export const toJob = (row: JobRow): Job => {
  const base = {
    id: row.id,
    key: row.key,
    organisationId: row.organisationId,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    timeoutSeconds: row.timeoutSeconds,
    createdAt: row.createdAt,
  };
  switch (row.kind) {
    case "build":
      return { ...base, kind: row.kind, spec: BuildSpec.parse(row.spec), ...toState(row, BuildResult) };
    case "list_refs":
      return { ...base, kind: row.kind, spec: ListRefsSpec.parse(row.spec), ...toState(row, ListRefsResult) };
  }
};

export const toRunningJob = (row: JobRow): RunningJob => {
  const job = toJob(row);
  invariant(job.state === "running", "only a running job has a lease");
  return job;
};

/** Waiting for its log stream is waiting all the same: outside, `preparing` is `queued`. */
const toState = <Result>(row: JobRow, Result: ZodType<Result>): JobState<Result> => {
  switch (row.state) {
    case "preparing":
    case "queued":
      return { state: "queued" };
    case "running":
      invariant(row.runnerId !== null && row.startedAt !== null, "jobs_running_check");
      return {
        state: "running",
        runnerId: row.runnerId,
        startedAt: row.startedAt,
        cancelRequested: row.cancelRequested,
      };
    case "succeeded":
      return { state: "succeeded", result: Result.parse(row.result), finishedAt: finishedAtOf(row) };
    case "failed":
      return { state: "failed", reason: Reason.parse(row.reason), finishedAt: finishedAtOf(row) };
    case "cancelled":
      return { state: "cancelled", finishedAt: finishedAtOf(row) };
  }
};

const finishedAtOf = (row: JobRow): Date => {
  invariant(row.finishedAt !== null, "jobs_finished_check");
  return row.finishedAt;
};
