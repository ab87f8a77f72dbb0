import type { AppContext } from "@homeport/kit/app.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import type { Outside } from "../ports.ts";
import { type ClaimedRun, claimRuns, RUN_LEASE_SECONDS, releaseRun, renewRun } from "../store/runs.ts";
import { stepRun } from "./step-run.ts";
import type { Stepper } from "./stepper.ts";

/** A backstop: what is asked for here wakes the loop, and so do events. */
const EVERY_MS = 5_000;
const CONCURRENCY = 4;
/** After an unexpected failure a run waits this long, doubling, up to a quarter of a minute. */
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 15_000;

/** Moves every run on that is not over. */
export const startOneOffStepper = (context: AppContext, outside: Outside): Stepper => {
  const { sql, keys, log, config, signal } = context;
  const runContext = { sql, keys, outside, baseDomain: config.baseDomain };
  const giveBack = async (run: ClaimedRun, waitMs: number, failed: boolean): Promise<void> => {
    await releaseRun(sql, run, waitMs, failed);
    if (waitMs < EVERY_MS) setTimeout(loop.wake, waitMs).unref();
  };
  const loop = leaseLoop({
    name: "deployments.runs",
    claim: (limit) => claimRuns(sql, limit),
    run: async (run) => {
      try {
        await giveBack(run, await stepRun(runContext, run), false);
      } catch (err) {
        const { id: runId, attempt } = run;
        log.warn({ err, runId, attempt }, "a look at a run failed and will be repeated");
        await giveBack(run, Math.min(BACKOFF_MS * 2 ** Math.min(attempt, 10), MAX_BACKOFF_MS), true);
      }
    },
    lease: { ms: RUN_LEASE_SECONDS * 1000, renew: (run) => renewRun(sql, run) },
    everyMs: EVERY_MS,
    concurrency: CONCURRENCY,
    signal,
  });
  return loop;
};
