import type { AppContext } from "@homeport/kit/app.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { type LeaseLoop, leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import type { Outside } from "../ports.ts";
import {
  type ClaimedData,
  claimExpired,
  forgetDeleted,
  noteTask,
  type Postponed,
  postponeDeletion,
} from "../store/kept-volumes.ts";

/** A backstop: what is to be deleted at once wakes the loop. */
const EVERY_MS = 15_000;
const LOOK_MS = 2_000;
const BACKOFF_MS = 2_000;
/** A node may be away for days; then it is asked once in so long. */
const MAX_BACKOFF_MS = 30 * 60_000;

export type RemoverContext = { sql: Sql; outside: Pick<Outside, "volumeNodes"> };

/**
 * Has a node delete data whose time is over, and looks how that stands; what to do next, null once it is gone. May be
 * repeated: the task is noted before there is one, and the row goes after the data.
 */
export const removeData = async ({ sql, outside }: RemoverContext, data: ClaimedData): Promise<Postponed | null> => {
  const { id, nodeId } = data;
  if (nodeId !== null) {
    const taskId = data.taskId ?? Bun.randomUUIDv7();
    if (data.taskId === null && !(await noteTask(sql, data, taskId))) return null;
    const removal = await outside.volumeNodes.remove(taskId, nodeId, id);
    if (removal.state === "underway") return { because: "underway", waitMs: LOOK_MS };
    if (removal.state === "failed") {
      return { because: "failed", reason: removal.reason, waitMs: backoffMs(data.attempt) };
    }
  }
  await sql.begin(async (tx) => {
    if (!(await forgetDeleted(tx, data))) return;
    const { organisationId, projectId, was } = data;
    const { slug, service, environment } = was;
    await emit(tx, {
      type: "deployments.volume.deleted",
      source: "deployments",
      organisationId,
      projectId,
      subject: id,
      data: { slug, serviceSlug: service, environment },
    });
  });
  return null;
};

const backoffMs = (attempt: number): number => Math.min(BACKOFF_MS * 2 ** Math.min(attempt, 12), MAX_BACKOFF_MS);

/** Deletes what removed volumes held once its time is over, for as long as it takes. */
export const startVolumeRemover = (
  { sql, log, signal }: Pick<AppContext, "sql" | "log" | "signal">,
  outside: Pick<Outside, "volumeNodes">,
): LeaseLoop => {
  const giveBack = async (data: ClaimedData, how: Postponed): Promise<void> => {
    await postponeDeletion(sql, data, how);
    if (how.waitMs < EVERY_MS) setTimeout(loop.wake, how.waitMs).unref();
  };
  const loop = leaseLoop({
    name: "deployments.volumes",
    claim: (limit) => claimExpired(sql, limit),
    run: async (data) => {
      const { id: dataId, nodeId, attempt } = data;
      try {
        const next = await removeData({ sql, outside }, data);
        if (next === null) return;
        if (next.because === "failed") {
          log.warn({ dataId, nodeId, reason: next.reason }, "a removed volume is not deleted yet; it is tried again");
        }
        await giveBack(data, next);
      } catch (err) {
        log.warn({ err, dataId, attempt }, "a removed volume is deleted later");
        await giveBack(data, { because: "unknown", waitMs: backoffMs(attempt) });
      }
    },
    everyMs: EVERY_MS,
    concurrency: 2,
    signal,
  });
  return loop;
};
