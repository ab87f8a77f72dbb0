import { crashpoint } from "@homeport/kit/crashpoint.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { BuildResult, Reason } from "../contract/build.ts";
import { type BuildJob, boundReason, type Job, type JobResult } from "../job.ts";
import {
  endJob,
  expireLeases,
  findEnded,
  findLease,
  type Lease,
  type Outcome,
  renewLease,
  type Taker,
} from "../store/leases.ts";
import { type Claimed, takeOne } from "./claim.ts";
import { reapJobs } from "./reap.ts";
import { tellChange } from "./tell-change.ts";
import type { Wake } from "./wake.ts";

export type { Lease, Taker } from "../store/leases.ts";

/** How long a wait goes without looking, in case a wake-up got lost on its way from another replica. */
const CLAIM_POLL_MS = 10_000;
const CANCEL_POLL_MS = 1_000;

export type Runners = {
  /** Takes back what a runner had before it was started anew, so that nobody waits for its leases. How many jobs. */
  begin(runnerId: string): Promise<number>;
  /** The next job that a runner can do; waits up to `waitMs` for one. Null when there was none. */
  claim(taker: Taker, waitMs: number, signal: AbortSignal): Promise<Claimed | null>;
  /** Renews the lease, then waits up to `waitMs` for a cancel. @throws {DomainError} conflict, when the lease is lost */
  heartbeat(lease: Lease, waitMs: number, signal: AbortSignal): Promise<{ cancel: boolean }>;
  /** Both may be repeated with the same lease. @throws {DomainError} conflict, when the lease is lost */
  complete(lease: Lease, result: JobResult): Promise<Job["state"]>;
  fail(lease: Lease, reason: Reason, retry: boolean): Promise<Job["state"]>;
};

/**
 * What runners may do. `queued` and `cancelling` are woken by events, so a wait in one replica ends when another
 * replica writes; `onLogWork` is called when a job is over.
 */
export const createRunners = (options: {
  sql: Sql;
  keys: Keyring;
  leaseSeconds: number;
  queued: Wake;
  cancelling: Wake;
  onLogWork: () => void;
}): Runners => {
  const { sql, keys, leaseSeconds, queued, cancelling, onLogWork } = options;
  return {
    async begin(runnerId) {
      const held = await expireLeases(sql, runnerId);
      if (held > 0) await reapJobs(sql, onLogWork);
      return held;
    },
    async claim(taker, waitMs, signal) {
      const until = performance.now() + waitMs;
      for (;;) {
        const seen = queued.count;
        if (signal.aborted) return null; // nobody is there to take it
        const claimed = await takeOne({ sql, keys, leaseSeconds, onLogWork }, taker);
        const leftMs = until - performance.now();
        if (claimed !== null) crashpoint("ci.claimed");
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
    complete: (lease, result) => settle(sql, onLogWork, lease, result),
    fail: (lease, reason, retry) => settle(sql, onLogWork, lease, { reason: boundReason(reason), retry }),
  };
};

const settle = async (sql: Sql, onLogWork: () => void, lease: Lease, outcome: Outcome): Promise<Job["state"]> => {
  const ended = await sql.begin(async (tx) => {
    if ("result" in outcome) await checkKind(tx, lease, outcome);
    const job = await endJob(tx, lease, outcome);
    if (job === null) return null;
    if (job.kind === "build" && "result" in outcome && outcome.kind === "build") checkRepository(job, outcome.result);
    await tellChange(tx, job);
    return job;
  });
  if (ended !== null) {
    crashpoint("ci.recorded");
    onLogWork();
  }
  const job = ended ?? (await findEnded(sql, lease)) ?? refuseLost();
  return job.state;
};

/** @throws {DomainError} invalid */
const checkKind = async (tx: Tx, lease: Lease, { kind }: JobResult): Promise<void> => {
  const held = await findLease(tx, lease);
  if (held !== null && held.kind !== kind) throw new DomainError("invalid", `kind: this job is one of ${held.kind}.`);
};

/** @throws {DomainError} invalid */
const checkRepository = (job: BuildJob, { repository }: BuildResult): void => {
  if (repository === job.spec.repository) return;
  throw new DomainError("invalid", "result.repository: is not the repository of this job.");
};

const refuseLost = (): never => {
  throw new DomainError(
    "conflict",
    "The lease is lost: the job was given to another runner, or is over. Stop working on it.",
  );
};
