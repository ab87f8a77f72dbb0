import type { AppContext } from "@homeport/kit/app.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import type { Outside } from "../ports.ts";
import {
  claimSnapshotRemovals,
  dropOrphans,
  finishSnapshotRemoval,
  postponeSnapshotRemoval,
  type SnapshotRemoval,
} from "../store/snapshot-removals.ts";
import { forgetOperationsOfRemoved } from "../store/volume-operations.ts";
import { forgetUsageOfRemoved } from "../store/volume-usage.ts";
import type { Stepper } from "./stepper.ts";

/** A backstop, and how soon the snapshots of data that is gone are noticed. */
const EVERY_MS = 15_000;
const LOOK_MS = 1_000;
const BACKOFF_MS = 1_000;
/** A node may be away for long, and its archives are taken away whenever it comes back. */
const MAX_BACKOFF_MS = 600_000;
const TASK_SECONDS = 300;

type Context = Pick<AppContext, "sql" | "log" | "signal">;

/**
 * Deletes the archives of snapshots that nobody can use any more, for as long as it takes: those that were removed, that
 * could not be taken, and those of volumes whose data is gone.
 */
export const startSnapshotRemovals = ({ sql, log, signal }: Context, outside: Pick<Outside, "tasks">): Stepper => {
  const loop = leaseLoop({
    name: "deployments.snapshot-removals",
    claim: async (limit) => {
      await dropOrphans(sql);
      await forgetUsageOfRemoved(sql);
      await forgetOperationsOfRemoved(sql);
      return claimSnapshotRemovals(sql, limit);
    },
    run: async (removal) => {
      try {
        if ((await removeSnapshot(sql, removal, outside)) === "underway") setTimeout(loop.wake, LOOK_MS).unref();
      } catch (err) {
        const { id: snapshotId, attempt } = removal;
        log.warn({ err, snapshotId, attempt }, "a snapshot was not deleted yet; it is tried again");
        await postponeSnapshotRemoval(sql, removal, backoff(attempt), "error");
      }
    },
    everyMs: EVERY_MS,
    concurrency: 2,
    signal,
  });
  return loop;
};

/** Looks once. @throws what went wrong, when it is to be tried again */
export const removeSnapshot = async (
  sql: Sql,
  removal: SnapshotRemoval,
  { tasks }: Pick<Outside, "tasks">,
): Promise<"done" | "underway" | "later"> => {
  const { id: snapshotId, nodeId, taskId, attempt } = removal;
  if (nodeId === null) {
    await finishSnapshotRemoval(sql, removal); // no node was ever asked to take it
    return "done";
  }
  const spec = { kind: "snapshot.remove", snapshotId } as const;
  const task = await tasks.put({ id: taskId, nodeId, epoch: 0, deadlineSeconds: TASK_SECONDS, spec }).catch(gone);
  if (task === null || task.state === "succeeded") {
    await finishSnapshotRemoval(sql, removal);
    return "done";
  }
  if (task.state === "failed") {
    await postponeSnapshotRemoval(sql, removal, backoff(attempt), "failed");
    return "later";
  }
  await postponeSnapshotRemoval(sql, removal, LOOK_MS, "underway");
  return "underway";
};

/** With a node that was removed its archives are gone. */
const gone = (err: unknown): null => {
  if (err instanceof DomainError && err.code === "not_found") return null;
  throw err;
};

const backoff = (attempt: number): number => Math.min(BACKOFF_MS * 2 ** Math.min(attempt, 20), MAX_BACKOFF_MS);
