import type { AppContext } from "@homeport/kit/app.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { pause } from "@homeport/kit/lease/waker.ts";
import { planCron } from "../cron.ts";
import { settingsOf } from "../service.ts";
import { type DueCron, planCronLook, postponeCronLook, takeDueCron } from "../store/cron-schedules.ts";
import { findLiveRelease } from "../store/releases.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import { beginCronRun } from "./begin-cron-run.ts";

/** Schedules are of minutes; a run begins within this long of its time. */
const EVERY_MS = 1_000;

/** One that cannot be looked at is tried again after this long, and holds the others up no longer. */
const RETRY_MS = 60_000;

export type ScheduleContext = Pick<AppContext, "log"> & { sql: Sql; keys: Keyring };

/**
 * Looks at one cron service that is due to be looked at: begins the run whose time has come and notes its next, in one
 * transaction. Any number of processes may look at once. False when none is due.
 */
export const lookAtDueCron = ({ sql, keys, log }: ScheduleContext, now: Date): Promise<boolean> =>
  sql.begin(async (tx) => {
    const cron = await takeDueCron(tx, now);
    if (cron === null) return false;
    const { workloadId } = cron;
    try {
      await tx.savepoint((inner) => lookAt(inner as Tx, keys, cron, now));
    } catch (err) {
      log.warn({ err, workloadId }, "a cron service could not be looked at; it is tried again");
      await postponeCronLook(tx, workloadId, new Date(now.getTime() + RETRY_MS));
    }
    return true;
  });

const lookAt = async (tx: Tx, keys: Keyring, cron: DueCron, now: Date): Promise<void> => {
  const { workloadId } = cron;
  const service = await getServiceOfWorkload(tx, workloadId);
  if (service === null) return; // its row goes with it
  const settings = settingsOf(service);
  const release = await findLiveRelease(tx, workloadId);
  const isLive = release?.settings.kind === "cron";
  const { due, planned } = planCron({ settings, isLive, planned: cron.planned, now });
  if (due !== null && release !== null) {
    const createdBy = { kind: "cron", id: workloadId, name: "schedule" } as const;
    await beginCronRun(tx, keys, { service, release, scheduledFor: due, createdBy });
  }
  await planCronLook(tx, workloadId, planned);
};

type SchedulerContext = ScheduleContext & {
  signal: AbortSignal;
  /** Called once runs may have begun. */
  wake: () => void;
  clock?: () => Date;
};

/** Runs cron services at their times, until aborted. */
export const startCronScheduler = ({ sql, keys, log, signal, wake, clock = () => new Date() }: SchedulerContext) => {
  const lookAtAll = async (): Promise<void> => {
    let looked = false;
    while (!signal.aborted && (await lookAtDueCron({ sql, keys, log }, clock()))) looked = true;
    if (looked) wake();
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await lookAtAll();
      } catch (err) {
        if (!signal.aborted) log.warn({ err }, "looking at schedules failed; it is tried again");
      }
      await pause(EVERY_MS, signal);
    }
  };
  return { done: run() };
};
