import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { BuildFailure } from "../build-failure.ts";
import { describeMs } from "../bytes.ts";
import { log as runnerLog } from "../log.ts";
import type { BuildLog, ClaimedJob, JobResult } from "../ports.ts";
import { pause } from "../run/pause.ts";
import { removeFolder } from "../run/remove-folder.ts";
import { withTimeLimit } from "../run/time-limit.ts";
import { type JobLog, openJobLog } from "./job-log.ts";
import { createMask, maskReason } from "./mask.ts";
import { type BuildParts, runBuild } from "./run-build.ts";
import { runListRefs } from "./run-list-refs.ts";
import { secretValues } from "./secret-values.ts";

/** The lease is somebody else's now: nothing about the job may be written any more. */
class LeaseLost extends Error {}

const BEAT_WAIT_SECONDS = 10;
const RETRY_MS = 1_000;
/** How long the outcome of a build is offered to a platform that does not answer. */
const REPORT_MS = 60_000;

export const jobsFolder = (dataDir: string): string => join(dataDir, "runner/jobs");

/** Runs one claimed job to its outcome and reports it; never throws. `stopping` ends the build and gives the job back. */
export const runJob = async (
  parts: BuildParts,
  to: BuildLog,
  job: ClaimedJob,
  stopping: AbortSignal,
): Promise<void> => {
  const ending = new AbortController();
  const beating = new AbortController();
  const stop = () => ending.abort(new BuildFailure("runner_stopped", "The runner was stopped while it built."));
  stopping.addEventListener("abort", stop, { once: true });
  if (stopping.aborted) stop();
  const beats = keepLease(parts, job, ending, beating.signal);
  const log = job.kind === "build" ? openJobLog(to, job, { maxBytes: parts.limits.maxLogBytes }, beating.signal) : null;
  const jobDir = join(jobsFolder(parts.dataDir), `${job.id}-${job.attempt}`);
  try {
    const outcome = await attempt(parts, job, jobDir, log, ending.signal);
    if (outcome instanceof BuildFailure) log?.phase(`Failed: ${outcome.reason.message}`);
    await log?.close();
    await report(parts, job, outcome);
  } catch (err) {
    if (!(err instanceof LeaseLost)) runnerLog.error({ err, jobId: job.id }, "a job could not be brought to its end");
  } finally {
    stopping.removeEventListener("abort", stop);
    beating.abort();
    await beats;
    await removeFolder(jobDir).catch((err: unknown) =>
      runnerLog.error({ err, jobId: job.id }, "the folder of a build could not be removed"),
    );
  }
};

/** The outcome of the job as a value. @throws {LeaseLost} */
const attempt = async (
  parts: BuildParts,
  job: ClaimedJob,
  jobDir: string,
  log: JobLog | null,
  signal: AbortSignal,
): Promise<JobResult | BuildFailure> => {
  const { buildMs } = parts.limits;
  const late = () => new BuildFailure("timed_out", `The build did not end within ${describeMs(buildMs)}.`);
  try {
    await removeFolder(jobDir);
    await mkdir(jobDir, { recursive: true, mode: 0o711 }); // the build's user has to pass through
    return await withTimeLimit(buildMs, late, signal, (limited) => work(parts, job, jobDir, log, limited));
  } catch (err) {
    const cause = signal.aborted ? signal.reason : err;
    if (cause instanceof LeaseLost || cause instanceof BuildFailure) return throwOrGive(cause);
    runnerLog.error({ err: cause, jobId: job.id }, "a build failed for a reason of ours");
    return new BuildFailure(
      "internal",
      "The build failed for a reason inside Homeport; the platform's log has the details.",
      { cause },
    );
  }
};

const work = async (
  parts: BuildParts,
  job: ClaimedJob,
  jobDir: string,
  log: JobLog | null,
  signal: AbortSignal,
): Promise<JobResult> => {
  if (job.kind === "list_refs") return { kind: job.kind, result: await runListRefs(parts, job, jobDir, signal) };
  invariant(log !== null, "a build has a log");
  return { kind: job.kind, result: await runBuild(parts, job, jobDir, log, signal) };
};

const throwOrGive = (cause: LeaseLost | BuildFailure): BuildFailure => {
  if (cause instanceof LeaseLost) throw cause;
  return cause;
};

/** Renews the lease until `signal`; a cancel, or a lease that is gone, ends the build through `ending`. */
const keepLease = async (
  { jobs }: BuildParts,
  job: ClaimedJob,
  ending: AbortController,
  signal: AbortSignal,
): Promise<void> => {
  let heldUntil = Date.now() + job.leaseSeconds * 1000;
  while (!signal.aborted) {
    const askedAt = Date.now();
    try {
      const { cancel } = await jobs.heartbeat(job, BEAT_WAIT_SECONDS, signal);
      heldUntil = askedAt + job.leaseSeconds * 1000;
      if (cancel) {
        ending.abort(new BuildFailure("cancelled", "The build was cancelled."));
        await pause(BEAT_WAIT_SECONDS * 1000, signal);
      }
    } catch (err) {
      if (signal.aborted) return;
      const gone =
        err instanceof DomainError && (err.code === "conflict" || err.code === "gone" || err.code === "not_found");
      if (gone || Date.now() > heldUntil) {
        runnerLog.warn({ err, jobId: job.id }, "the lease of a job is lost, its build is given up");
        ending.abort(new LeaseLost());
        return;
      }
      await pause(RETRY_MS, signal);
    }
  }
};

const isLost = (err: unknown): boolean =>
  err instanceof DomainError && (err.code === "conflict" || err.code === "gone" || err.code === "not_found");

const isAway = (err: unknown): boolean =>
  err instanceof DomainError && (err.code === "unavailable" || err.code === "rate_limited");

const isRefusal = (err: unknown): boolean => err instanceof DomainError && err.status < 500 && !isLost(err);

/** Tells the outcome, again and again while the platform is away. @throws {LeaseLost} */
const report = async ({ jobs }: BuildParts, job: ClaimedJob, built: JobResult | BuildFailure): Promise<void> => {
  const deadline = AbortSignal.timeout(REPORT_MS);
  const mask = createMask(secretValues(job));
  let outcome = built;
  for (;;) {
    try {
      if (outcome instanceof BuildFailure) {
        return await jobs.fail(job, maskReason(mask, outcome.reason), isOurs(outcome), deadline);
      }
      crashpoint("runner.report.before");
      await jobs.complete(job, outcome, deadline);
      crashpoint("runner.report.after");
      return;
    } catch (err) {
      if (isAway(err) && (await pause(RETRY_MS, deadline))) continue;
      if (isRefusal(err) && !(outcome instanceof BuildFailure)) {
        // Given up without a word, the same build would be done again, and refused again.
        runnerLog.error({ err, jobId: job.id }, "the result of a build was refused");
        outcome = new BuildFailure("internal", "The build is done, but its result was refused by the platform.");
        continue;
      }
      if (!isLost(err)) runnerLog.error({ err, jobId: job.id }, "the outcome of a build could not be told");
      throw new LeaseLost();
    }
  }
};

/** Another runner may do better when the build itself is not to blame. */
const isOurs = ({ reason }: BuildFailure): boolean =>
  reason.code === "runner_stopped" || reason.code === "engine_unavailable";
