import { afterCommit } from "@homeport/kit/db/connect.ts";
import { log } from "../log.ts";
import { earliest } from "../plan.ts";
import type { Gateways } from "../ports.ts";
import { forgetRemovedBefore } from "../store/removed-workloads.ts";
import { findNextDueRun, forgetRunsBefore, listDueRuns, makeUnfinishedRunsDue, setRunsDue } from "../store/runs.ts";
import { findNextDue, listDue, listQuestions, makeUnfinishedDue, setDue } from "../store/workloads.ts";
import type { ClustersDeps } from "./deps.ts";
import { stepRun } from "./step-run.ts";
import { stepWorkload } from "./step-workload.ts";

const BATCH = 50;
/** Longest pause: another instance may have made something due without waking this one. */
const IDLE_MS = 5_000;
/** How often unfinished work is looked at although it is not due, in case its reason to look was lost. */
const SWEEP_MS = 30_000;
/** How long a workload whose step failed is left alone. */
const RETRY_MS = 5_000;
const REMOVED_KEPT_MS = 7 * 24 * 3_600_000;
const RUNS_KEPT_MS = 30 * 24 * 3_600_000;

export type Controller = {
  /** Steps everything that is due until nothing is. */
  stepDue(): Promise<void>;
  /** The same for ever, woken by changes. Resolves once `signal` is aborted and the step it was at is done. */
  run(signal: AbortSignal): Promise<void>;
};

/** Drives workloads to what is wanted of them. Any number of instances may do so at once. */
export const createController = (deps: ClustersDeps, gateways: Gateways): Controller => {
  const watchingSince = deps.clock();
  const stepWorkloads = async (): Promise<number> => {
    const ids = await listDue(deps.sql, deps.clock(), BATCH);
    if (ids.length === 0) return 0;
    const questions = new Map((await listQuestions(deps.sql, ids)).map((question) => [question.id, question]));
    const asks = [...questions.values()].some(({ awaitsGateways, countsTraffic }) => awaitsGateways || countsTraffic);
    const gatewayRevision = asks ? await gateways.lowestRevision() : 0;
    for (const id of ids) {
      try {
        const traffic = questions.get(id)?.countsTraffic === true ? await gateways.traffic(id) : null;
        await stepWorkload(deps, id, { gatewayRevision, watchingSince, traffic });
      } catch (err) {
        log.error({ err, workloadId: id }, "a step of a workload failed and is tried again");
        await setDue(deps.sql, [id], new Date(deps.clock().getTime() + RETRY_MS));
      }
    }
    return ids.length;
  };
  const stepRuns = async (): Promise<number> => {
    const ids = await listDueRuns(deps.sql, deps.clock(), BATCH);
    for (const id of ids) {
      try {
        await stepRun(deps, id, watchingSince);
      } catch (err) {
        log.error({ err, runId: id }, "a step of a run failed and is tried again");
        await setRunsDue(deps.sql, [id], new Date(deps.clock().getTime() + RETRY_MS));
      }
    }
    return ids.length;
  };
  const stepDue = async (): Promise<void> => {
    while ((await stepWorkloads()) + (await stepRuns()) > 0);
  };
  let sweepAt = 0;
  const sweep = async (): Promise<void> => {
    const now = deps.clock();
    if (now.getTime() < sweepAt) return;
    await makeUnfinishedDue(deps.sql, now);
    await makeUnfinishedRunsDue(deps.sql, now);
    await forgetRunsBefore(deps.sql, new Date(now.getTime() - RUNS_KEPT_MS));
    await forgetRemovedBefore(deps.sql, new Date(now.getTime() - REMOVED_KEPT_MS));
    sweepAt = now.getTime() + SWEEP_MS;
  };
  const pauseMs = async (): Promise<number> => {
    const next = earliest([await findNextDue(deps.sql), await findNextDueRun(deps.sql)]);
    return next === null ? IDLE_MS : Math.min(IDLE_MS, Math.max(1, next.getTime() - deps.clock().getTime()));
  };
  return {
    stepDue,
    async run(signal) {
      while (!signal.aborted) {
        const seen = deps.signals.due.count();
        let waitMs = IDLE_MS;
        try {
          await sweep();
          await stepDue();
          waitMs = await pauseMs();
        } catch (err) {
          log.warn({ err }, "the database cannot be reached, workloads stay as they are");
        }
        await deps.signals.due.waitAbove(seen, waitMs, signal);
      }
    },
  };
};

/** Lets the controller look at everything unfinished, now. */
export const lookAgain = async (deps: ClustersDeps): Promise<void> => {
  await makeUnfinishedDue(deps.sql, deps.clock());
  await makeUnfinishedRunsDue(deps.sql, deps.clock());
  afterCommit(deps.sql, () => deps.signals.due.raise());
};
