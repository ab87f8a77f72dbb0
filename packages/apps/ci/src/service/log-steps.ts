import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { log } from "../log.ts";
import type { BuildLogs } from "../ports.ts";
import { type LogStep, markLogEnded, markLogOpen, takeLogSteps } from "../store/log-steps.ts";
import { tellChange } from "./tell-change.ts";

/** When a step that failed or was cut off is tried again. */
const RETRY_SECONDS = 5;

/** Jobs whose log stream must be made or ended. */
export const claimLogSteps = (sql: Sql, limit: number): Promise<LogStep[]> => takeLogSteps(sql, limit, RETRY_SECONDS);

/**
 * Makes the log stream that a job waits for, or ends that of a job that is over. Each step can be repeated, so it does
 * not matter where a crash falls: a job is queued only once its stream exists, and every stream ends.
 */
export const takeLogStep = async (sql: Sql, logs: BuildLogs, { step, job }: LogStep): Promise<void> => {
  try {
    if (step === "create") {
      await logs.create(job);
      await openLog(sql, job.id);
    } else {
      await logs.end(job).catch(ignoreGone);
      await markLogEnded(sql, job.id);
    }
  } catch (err) {
    log.warn({ err, jobId: job.id, step }, "log stream step failed and will be tried again");
  }
};

/** A stream that was removed never comes back, and until its log has ended a job cannot be forgotten. */
const ignoreGone = (err: unknown): void => {
  if (!(err instanceof DomainError && err.code === "not_found")) throw err;
};

const openLog = (sql: Sql, id: LogStep["job"]["id"]): Promise<void> =>
  sql.begin(async (tx) => {
    const job = await markLogOpen(tx, id);
    if (job?.state === "queued") await tellChange(tx, job);
  });
