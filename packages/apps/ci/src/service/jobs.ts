import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { type JobId, newId, type OrganisationId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { BuildSecrets } from "../contract/secrets.ts";
import type { Job, JobKey, NewJob } from "../job.ts";
import { log } from "../log.ts";
import { deleteOldJobs, findJob, findJobByKey, insertJob, requestCancel } from "../store/jobs.ts";
import { sealSecrets } from "../store/sealed-secrets.ts";
import { insertSecrets } from "../store/secrets.ts";
import { touchUpload } from "../store/uploads.ts";
import { tellChange } from "./tell-change.ts";

/** How many rows one statement deletes. */
const BATCH = 1_000;

export type Jobs = {
  /**
   * May be called any number of times with one key, at once too: all get the job that the first call made, so a caller
   * that died before it heard of its job finds it, although what it builds from may have changed since. Secrets of later
   * calls are not kept.
   *
   * @throws {DomainError} invalid
   */
  create(job: Wanted, secrets: Secret<BuildSecrets> | null): Promise<Job>;
  /** `organisationId` null: of whichever organisation. */
  find(id: string, organisationId: OrganisationId | null): Promise<Job | null>;
  /**
   * A job without a runner is over at once; the runner of a running one learns with its next heartbeat. Null when there
   * is no job of this key.
   */
  cancel(key: JobKey): Promise<Job | null>;
  /** Forgets jobs that were over this long ago. May run at any time, and twice. */
  prune(keptDays: number): Promise<void>;
};

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;
export type Wanted = WithoutId<NewJob>;

/** `onLogWork` is called when a job is in need of a log stream, or of the end of one. */
export const createJobs = (sql: Sql, keys: Keyring, onLogWork: () => void): Jobs => ({
  async create(job, secrets) {
    if (job.spec.organisationId !== job.organisationId) {
      throw new DomainError("invalid", "spec.organisationId: names another organisation than the job.");
    }
    const { source } = job.spec;
    const created = await sql.begin(async (tx) => {
      const hasSource = source.kind !== "upload" || (await touchUpload(tx, source.uploadId, job.organisationId));
      const inserted = hasSource ? await insertJob(tx, { ...job, id: newId<JobId>() }) : null;
      if (inserted === null) return null;
      if (secrets !== null) await insertSecrets(tx, inserted, sealSecrets(keys, inserted, secrets));
      if (inserted.kind === "list_refs") await tellChange(tx, inserted); // a build is queued once it has a log
      return inserted;
    });
    if (created !== null) {
      onLogWork();
      return created;
    }
    const known = await findJobByKey(sql, job);
    if (known === null) {
      invariant(source.kind === "upload", "an insert is refused for a known key only");
      throw new DomainError("invalid", "The uploaded files are not there (any more). Upload them again.");
    }
    return known;
  },
  find: (id, organisationId) => findJob(sql, id, organisationId),
  async cancel(key) {
    const cancelled = await sql.begin(async (tx) => {
      const job = await requestCancel(tx, key);
      if (job !== null) await tellChange(tx, job);
      return job;
    });
    if (cancelled === null) return findJobByKey(sql, key);
    onLogWork();
    return cancelled;
  },
  async prune(keptDays) {
    let count: number;
    do {
      count = await deleteOldJobs(sql, keptDays, BATCH);
      if (count > 0) log.info({ count }, "old jobs removed");
    } while (count === BATCH);
  },
});
