import type { AppContext } from "@homeport/kit/app.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import type { Outside } from "../ports.ts";
import {
  type ClaimedStep,
  claimSteps,
  longestLeaseMs,
  releaseStep,
  renewStep,
  STEP_LEASE_SECONDS,
} from "../store/steps.ts";
import { takeStep } from "./step.ts";

/** A backstop: a step that has to wait wakes the loop itself. What it finds is what other processes left behind. */
const EVERY_MS = 5_000;
const CONCURRENCY = 4;
/** After an unexpected failure a step waits this long, doubling, up to a quarter of a minute. */
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 15_000;

export type Stepper = { wake(): void; done: Promise<void> };

/** Moves every unfinished deployment on. `wake` looks at once; otherwise what is due is found within EVERY_MS. */
export const startStepper = (context: AppContext, outside: Outside): Stepper => {
  const { sql, keys, log, config } = context;
  const stepContext = { sql, outside, keys, baseDomain: config.baseDomain, urls: config };
  const giveBack = async (step: ClaimedStep, waitMs: number, failed: boolean): Promise<void> => {
    await releaseStep(sql, step, waitMs, failed);
    if (waitMs === 0) loop.wake();
    else if (waitMs < EVERY_MS) setTimeout(loop.wake, waitMs).unref();
  };
  const loop = leaseLoop({
    name: "deployments.steps",
    claim: (limit) => claimSteps(sql, limit),
    run: async (step) => {
      try {
        await giveBack(step, await takeStep(stepContext, step), false);
      } catch (err) {
        const { id: deploymentId, attempt } = step;
        log.warn({ err, deploymentId, attempt }, "a deployment step failed and will be repeated");
        await giveBack(step, Math.min(BACKOFF_MS * 2 ** Math.min(attempt, 10), MAX_BACKOFF_MS), true);
      }
    },
    lease: { ms: STEP_LEASE_SECONDS * 1000, renew: (step) => renewStep(sql, step) },
    everyMs: EVERY_MS,
    concurrency: CONCURRENCY,
    signal: context.signal,
  });
  // What a process held that was killed a moment ago is taken on when its lease ends, and not at some look after that.
  longestLeaseMs(sql).then(
    (ms) => ms !== null && setTimeout(loop.wake, Math.ceil(ms)).unref(),
    (err: unknown) => log.warn({ err }, "leases could not be looked at"),
  );
  return loop;
};
