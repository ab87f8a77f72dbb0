import type { AppContext } from "@homeport/kit/app.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import { pinKeyOf } from "../deployment.ts";
import type { Outside } from "../ports.ts";
import {
  type ClaimedTeardown,
  claimTeardowns,
  finishTeardown,
  getTeardowns,
  postponeTeardown,
  renewTeardown,
  saveTeardown,
  TEARDOWN_LEASE_SECONDS,
  type Teardown,
} from "../store/teardowns.ts";

type Parts = Pick<Outside, "builds" | "rollouts" | "images">;

/** A backstop, and the pace of second looks. */
const EVERY_MS = 15_000;
const MAX_BACKOFF_MS = 60_000;
/** A step that was under way when its workload went may still start a build or pin an image; its lease is over by then. */
const SETTLED_MS = 30_000;
/** After as many deployments it is noted how far one has come. */
const CHUNK = 50;

/** Stops what runs of a removed workload; from then on nothing more starts. */
const stop = async ({ workloadId }: Teardown, { rollouts }: Parts): Promise<void> => rollouts.remove(workloadId);

/**
 * Takes away what some of its deployments left: builds, pinned images. May be done again. One after the other: a service
 * has as many as it was deployed times, and the registry has other work.
 */
const clear = async (
  { organisationId, deploymentIds }: Teardown,
  { builds, images }: Parts,
  from: number,
  to: number,
): Promise<void> => {
  for (const id of deploymentIds.slice(from, to)) {
    await builds.cancel(id, organisationId);
    await images.unpin(pinKeyOf(id));
  }
};

/** Removed workloads: taken away at once if all goes well, and in any case for as long as it takes. */
export type Teardowns = {
  /** Of workloads whose removal was just committed: what runs of them, and the newest of what they left. The rest is the loop's. */
  now(workloadIds: readonly WorkloadId[]): Promise<void>;
};

export const createTeardowns = ({ sql, log }: Pick<AppContext, "sql" | "log">, outside: Parts): Teardowns => ({
  async now(workloadIds) {
    for (const teardown of await getTeardowns(sql, workloadIds)) {
      try {
        await stop(teardown, outside);
        await clear(teardown, outside, 0, CHUNK);
      } catch (err) {
        log.warn({ err, workloadId: teardown.workloadId }, "a removed workload is taken away later");
      }
    }
  },
});

type Context = Pick<AppContext, "sql" | "log" | "signal">;

/**
 * Goes on with a teardown from where it is, and gives it back or finishes it.
 *
 * @throws what went wrong, when it is to be tried again from where it has come to
 */
const goOn = async (
  sql: Context["sql"],
  claimed: ClaimedTeardown,
  outside: Parts,
  signal: AbortSignal,
): Promise<void> => {
  const { state, deploymentIds, openCount, createdAt } = claimed;
  const end = state === "removing" ? deploymentIds.length : openCount;
  let { doneCount } = claimed;
  if (doneCount === 0) await stop(claimed, outside);
  while (doneCount < end) {
    if (signal.aborted) return postponeTeardown(sql, claimed, 0);
    const next = Math.min(doneCount + CHUNK, end);
    await clear(claimed, outside, doneCount, next);
    doneCount = next;
    if (!(await saveTeardown(sql, claimed, { state, doneCount }))) return;
  }
  if (state === "settling") return finishTeardown(sql, claimed);
  await saveTeardown(sql, claimed, { state: "settling", doneCount: 0 });
  await postponeTeardown(sql, claimed, Math.max(createdAt.getTime() + SETTLED_MS - Date.now(), 0));
};

export const startTeardowns = ({ sql, log, signal }: Context, outside: Parts): { done: Promise<void> } =>
  leaseLoop({
    name: "deployments.teardowns",
    claim: (limit) => claimTeardowns(sql, limit),
    run: async (teardown, stopping) => {
      const { workloadId, attempt } = teardown;
      try {
        await goOn(sql, teardown, outside, stopping);
      } catch (err) {
        log.warn({ err, workloadId, attempt }, "a removed workload was not taken away yet; it is tried again");
        await postponeTeardown(sql, teardown, Math.min(500 * 2 ** Math.min(attempt, 10), MAX_BACKOFF_MS));
      }
    },
    lease: { ms: TEARDOWN_LEASE_SECONDS * 1000, renew: (teardown) => renewTeardown(sql, teardown) },
    everyMs: EVERY_MS,
    concurrency: 2,
    signal,
  });
