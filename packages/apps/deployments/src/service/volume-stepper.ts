import type { AppContext } from "@homeport/kit/app.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import type { Outside } from "../ports.ts";
import {
  type ClaimedOperation,
  claimVolumeOperations,
  OPERATION_LEASE_SECONDS,
  releaseVolumeOperation,
  renewVolumeOperation,
} from "../store/volume-operations.ts";
import type { ApplyContext } from "./apply-at-once.ts";
import { stepVolumeOperation } from "./step-volume-operation.ts";
import type { Stepper } from "./stepper.ts";

/** A backstop: what is asked for here wakes the loop, and a step that waits wakes it itself. */
const EVERY_MS = 5_000;
const CONCURRENCY = 4;
/** After an unexpected failure a step waits this long, doubling, up to a quarter of a minute. */
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 15_000;

/** Moves everything on that is done with volumes. Deployments may wait for what is over, so it wakes those, too. */
export const startVolumeStepper = (context: AppContext, outside: Outside, applying: ApplyContext): Stepper => {
  const { sql, keys, log, config, signal } = context;
  const operationContext = { sql, keys, outside, applying, baseDomain: config.baseDomain };
  const giveBack = async (operation: ClaimedOperation, waitMs: number, failed: boolean): Promise<void> => {
    await releaseVolumeOperation(sql, operation, waitMs, failed);
    if (waitMs === 0) loop.wake();
    else if (waitMs < EVERY_MS) setTimeout(loop.wake, waitMs).unref();
  };
  const loop = leaseLoop({
    name: "deployments.volume-operations",
    claim: (limit) => claimVolumeOperations(sql, limit),
    run: async (operation) => {
      try {
        const waitMs = await stepVolumeOperation(operationContext, operation);
        await giveBack(operation, waitMs, false);
        if (waitMs === 0) applying.wake();
      } catch (err) {
        const { id: operationId, attempt } = operation;
        log.warn({ err, operationId, attempt }, "a step of an operation on a volume failed and will be repeated");
        await giveBack(operation, Math.min(BACKOFF_MS * 2 ** Math.min(attempt, 10), MAX_BACKOFF_MS), true);
      }
    },
    lease: { ms: OPERATION_LEASE_SECONDS * 1000, renew: (operation) => renewVolumeOperation(sql, operation) },
    everyMs: EVERY_MS,
    concurrency: CONCURRENCY,
    signal,
  });
  return loop;
};
