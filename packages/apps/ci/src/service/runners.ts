import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { BuildResult, Reason } from "../contract/build.ts";
import { boundReason, type Job, type RunningJob } from "../job.ts";
import { jobEvent } from "../job-event.ts";
import { endJob, findEnded, findLease, type Lease, type Outcome, renewLease, takeJob } from "../store/leases.ts";
import type { Wake } from "./wake.ts";

export type { Lease } from "../store/leases.ts";

/** How long a wait goes without looking, in case a wake-up got lost on its way from another replica. */
const CLAIM_POLL_MS = 10_000;
const CANCEL_POLL_MS = 1_000;

export type Runners = {
  /** The next job for a runner with these labels; waits up to `waitMs` for one. Null when there was none. */
  claim(runnerId: string, labels: readonly string[], waitMs: number, signal: AbortSignal): Promise<Claimed | null>;
  /** Renews the lease, then waits up to `waitMs` for a cancel. @throws {DomainError} conflict, when the lease is lost */
  heartbeat(lease: Lease, waitMs: number, signal: AbortSignal): Promise<{ cancel: boolean }>;
  /** Both may be repeated with the same lease. @throws {DomainError} conflict, when the lease is lost */
  complete(lease: Lease, result: BuildResult): Promise<Job["state"]>;
  fail(lease: Lease, reason: Reason, retry: boolean): Promise<Job["state"]>;
};

export type Claimed = { job: RunningJob; leaseToken: string };

/**
 * What runners may do. `queued` and `cancelling` are woken by events, so a wait in one replica ends when another
 * replica writes; `onLogWork` is called when a job is over.
 */
export const createRunners = (options: {
  sql: Sql;
  leaseSeconds: number;
  queued: Wake;
  cancelling: Wake;
  onLogWork: () => void;
}): Runners => {
  const { sql, leaseSeconds, queued, cancelling, onLogWork } = options;
  return {
    async claim(runnerId, labels, waitMs, signal) {
      const until = performance.now() + waitMs;
      for (;;) {
        const seen = queued.count;
        if (signal.aborted) return null; // nobody is there to take it
        const claimed = await takeOne(sql, runnerId, labels, leaseSeconds);
        const leftMs = until - performance.now();
        if (claimed !== null || leftMs <= 0) return claimed;
        await queued.waitPast(seen, Math.min(leftMs, CLAIM_POLL_MS), signal);
      }
    },
    async heartbeat(lease, waitMs, signal) {
      const until = performance.now() + waitMs;
      let seen = cancelling.count;
      let answer = (await renewLease(sql, lease, leaseSeconds)) ?? refuseLost();
      for (;;) {
        const leftMs = until - performance.now();
        if (answer.cancel || leftMs <= 0 || signal.aborted) return answer;
        await cancelling.waitPast(seen, Math.min(leftMs, CANCEL_POLL_MS), signal);
        seen = cancelling.count;
        answer = (await findLease(sql, lease)) ?? refuseLost();
      }
    },
    complete: (lease, result) => settle(sql, onLogWork, lease, { result }),
    fail: (lease, reason, retry) => settle(sql, onLogWork, lease, { reason: boundReason(reason), retry }),
  };
};

const takeOne = (
  sql: Sql,
  runnerId: string,
  labels: readonly string[],
  leaseSeconds: number,
): Promise<Claimed | null> =>
  sql.begin(async (tx) => {
    const claimed = await takeJob(tx, runnerId, labels, leaseSeconds);
    if (claimed !== null) await emit(tx, jobEvent(claimed.job));
    return claimed;
  });

const settle = async (sql: Sql, onLogWork: () => void, lease: Lease, outcome: Outcome): Promise<Job["state"]> => {
  const ended = await sql.begin(async (tx) => {
    const job = await endJob(tx, lease, outcome);
    if (job === null) return null;
    if ("result" in outcome && outcome.result.repository !== job.spec.repository) {
      throw new DomainError("invalid", "result.repository: is not the repository of this job.");
    }
    await emit(tx, jobEvent(job));
    return job;
  });
  if (ended !== null) onLogWork();
  const job = ended ?? (await findEnded(sql, lease)) ?? refuseLost();
  return job.state;
};

const refuseLost = (): never => {
  throw new DomainError(
    "conflict",
    "The lease is lost: the job was given to another runner, or is over. Stop working on it.",
  );
};
