import type { AppContext } from "@homeport/kit/app.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import { pinKeyOf } from "../deployment.ts";
import type { Outside } from "../ports.ts";
import { claimTeardowns, finishTeardown, getTeardowns, postponeTeardown, type Teardown } from "../store/teardowns.ts";

type Parts = Pick<Outside, "builds" | "rollouts" | "images">;

/** A backstop, and the pace of second looks. */
const EVERY_MS = 15_000;
const MAX_BACKOFF_MS = 60_000;
/** A step that was under way when its workload went may still start a build or pin an image; its lease is over by then. */
const SETTLED_MS = 30_000;

/**
 * Takes away what is left of a workload that was removed: builds, replicas, routes, pinned images. Every part may be done
 * again, so after an error all of it is.
 */
const tearDown = async (
  { workloadId, organisationId, deploymentIds }: Teardown,
  { builds, rollouts, images }: Parts,
): Promise<void> => {
  // One after the other: a service has as many as it was deployed times, and the registry has other work.
  for (const id of deploymentIds) await builds.cancel(id, organisationId);
  await rollouts.remove(workloadId);
  for (const id of deploymentIds) await images.unpin(pinKeyOf(id));
};

/** Removed workloads: taken away at once if all goes well, and in any case for as long as it takes. */
export type Teardowns = {
  /** Of workloads whose removal was just committed; what fails is left to the loop. */
  now(workloadIds: readonly WorkloadId[]): Promise<void>;
};

export const createTeardowns = ({ sql, log }: Pick<AppContext, "sql" | "log">, outside: Parts): Teardowns => ({
  async now(workloadIds) {
    for (const teardown of await getTeardowns(sql, workloadIds)) {
      try {
        await tearDown(teardown, outside);
      } catch (err) {
        log.warn({ err, workloadId: teardown.workloadId }, "a removed workload is taken away later");
      }
    }
  },
});

export const startTeardowns = ({ sql, log, signal }: AppContext, outside: Parts): { done: Promise<void> } =>
  leaseLoop({
    name: "deployments.teardowns",
    claim: (limit) => claimTeardowns(sql, limit),
    run: async (teardown) => {
      const { workloadId, attempt, createdAt } = teardown;
      try {
        await tearDown(teardown, outside);
        if (createdAt.getTime() + SETTLED_MS < Date.now()) await finishTeardown(sql, teardown);
        else await postponeTeardown(sql, teardown, SETTLED_MS);
      } catch (err) {
        log.warn({ err, workloadId, attempt }, "a removed workload was not taken away yet; it is tried again");
        await postponeTeardown(sql, teardown, Math.min(500 * 2 ** Math.min(attempt, 10), MAX_BACKOFF_MS));
      }
    },
    everyMs: EVERY_MS,
    concurrency: 2,
    signal,
  });
