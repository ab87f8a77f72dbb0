import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { type JobId, newId, type OrganisationId } from "@homeport/kit/ids.ts";
import type { Job, NewJob } from "../job.ts";
import { jobEvent } from "../job-event.ts";
import { findJob, findJobByKey, insertJob, requestCancel } from "../store/jobs.ts";
import { touchUpload } from "../store/uploads.ts";

export type Jobs = {
  /** May be called any number of times with one key, at once too: all get the same job. @throws {DomainError} conflict, invalid */
  create(job: Omit<NewJob, "id">): Promise<Job>;
  /** `organisationId` null: of whichever organisation. */
  find(id: string, organisationId: OrganisationId | null): Promise<Job | null>;
  /** A job without a runner is over at once; the runner of a running one learns with its next heartbeat. */
  cancel(id: JobId): Promise<Job>;
};

/** `onLogWork` is called when a job is in need of a log stream, or of the end of one. */
export const createJobs = (sql: Sql, onLogWork: () => void): Jobs => ({
  async create(job) {
    if (job.spec.organisationId !== job.organisationId) {
      throw new DomainError("invalid", "spec.organisationId: names another organisation than the job.");
    }
    const { source } = job.spec;
    const created = await sql.begin(async (tx) => {
      const hasSource = source.kind !== "upload" || (await touchUpload(tx, source.uploadId, job.organisationId));
      return hasSource ? insertJob(tx, { ...job, id: newId<JobId>() }) : null;
    });
    if (created !== null) {
      onLogWork();
      return created;
    }
    const known = await findJobByKey(sql, job);
    if (known === null) {
      invariant(source.kind === "upload", "an insert is refused for a known key only, and jobs are not deleted");
      throw new DomainError("invalid", "The uploaded files are not there (any more). Upload them again.");
    }
    if (!known.sameSpec) throw new DomainError("conflict", `Another job with the key "${job.key}" exists.`);
    return known.job;
  },
  find: (id, organisationId) => findJob(sql, id, organisationId),
  async cancel(id) {
    const cancelled = await sql.begin(async (tx) => {
      const job = await requestCancel(tx, id);
      if (job !== null) await emit(tx, jobEvent(job));
      return job;
    });
    onLogWork();
    const job = cancelled ?? (await findJob(sql, id, null));
    if (job === null) throw new DomainError("not_found", "There is no such job.");
    return job;
  },
});
