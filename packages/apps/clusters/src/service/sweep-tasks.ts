import { setTimeout as pause } from "node:timers/promises";
import { log } from "../log.ts";
import { isOnline } from "../node.ts";
import { forgetTasks, listOverdueTasks, saveOutcome } from "../store/tasks.ts";
import { overdueReason } from "../task.ts";
import { changeNodes } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { sweepShells } from "./shells.ts";

const EVERY_MS = 5_000;
const BATCH = 100;
const KEPT_MS = 7 * 24 * 3_600_000;
const BROWSED_KEPT_MS = 10 * 60_000;

/** Gives up tasks that are overdue, and forgets old answers. Any number of instances may do so at once. */
export const sweepTasks = async (deps: ClustersDeps): Promise<void> => {
  const now = deps.clock();
  const overdue = await listOverdueTasks(deps.sql, now, BATCH);
  if (overdue.length > 0) {
    await deps.sql.begin(async (tx) => {
      const nodeIds = overdue.map(({ nodeId }) => nodeId);
      await changeNodes(tx, deps.signals, nodeIds); // an answer may have come since; then nothing is given up
      for (const { id, lastSeenAt } of overdue) {
        await saveOutcome(tx, id, { state: "failed", reason: overdueReason(isOnline({ lastSeenAt }, now)) }, now);
      }
    });
  }
  const before = (ms: number): Date => new Date(now.getTime() - ms);
  await forgetTasks(deps.sql, before(KEPT_MS), before(BROWSED_KEPT_MS));
};

/** The same again and again. Resolves once `signal` is aborted. */
export const runTaskSweeps = async (deps: ClustersDeps, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      await sweepTasks(deps);
      await sweepShells(deps);
    } catch (err) {
      log.warn({ err }, "tasks and shells could not be looked through");
    }
    await pause(EVERY_MS, null, { signal }).catch(() => undefined); // rejects when it is aborted
  }
};
