import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Actor } from "../actor.ts";
import { admitRun, scheduleOf } from "../cron.ts";
import type { OneOff } from "../run.ts";
import { timesAfter } from "../schedule.ts";
import { type Service, settingsOf } from "../service.ts";
import type { Settings } from "../settings.ts";
import { findLiveRelease } from "../store/releases.ts";
import { countUnfinished, findRun, listRuns } from "../store/runs.ts";
import { lockWorkload } from "../store/workloads.ts";
import { beginCronRun } from "./begin-cron-run.ts";
import { getLiveRelease } from "./one-offs.ts";
import { runEntry } from "./run-events.ts";

const SHOWN_TIMES = 5;

export type CronView = { settings: Settings; nextTimes: Date[]; latest: OneOff | null };

/** Cron services, seen by people; the scheduler runs them. */
export const createCrons = (sql: Sql, keys: Keyring, wake: () => void) => ({
  /** @throws {DomainError} conflict, for another kind of service */
  async look(service: Service, now: Date): Promise<CronView> {
    const settings = requireCron(service);
    const schedule = scheduleOf(settings);
    const live = await findLiveRelease(sql, service.workloadId);
    const isOn = schedule !== null && !settings.paused && live?.settings.kind === "cron";
    const [latest = null] = await listRuns(sql, service.workloadId, { kind: "cron", before: null }, 1);
    return { settings, nextTimes: isOn ? timesAfter(schedule, now, SHOWN_TIMES) : [], latest };
  },

  /** Runs it now. @throws {DomainError} conflict, when nothing is live, or one is not over and two are forbidden */
  async runNow(service: Service, createdBy: Actor): Promise<OneOff> {
    const settings = requireCron(service);
    const { workloadId } = service;
    const id = await sql.begin(async (tx) => {
      await lockWorkload(tx, workloadId);
      const release = await getLiveRelease(tx, workloadId);
      if (release.settings.kind !== "cron")
        throw new DomainError("conflict", "What is live is no cron service yet; deploy first.");
      if (!admitRun(settings, await countUnfinished(tx, workloadId, "cron")).start)
        throw new DomainError("conflict", "The run before it is not over.");
      const made = await beginCronRun(tx, keys, { service, release, scheduledFor: null, createdBy });
      invariant(made !== null, "a run without a time is never one that there was");
      const after = { release: release.number, environment: service.environmentSlug };
      await audit(tx, { ...runEntry("run:create", service, { id: made }), after });
      return made;
    });
    wake();
    const run = await findRun(sql, workloadId, id);
    if (run === null) throw new DomainError("not_found", "There is no such run.");
    return run;
  },
});

export type Crons = ReturnType<typeof createCrons>;

const requireCron = (service: Service): Settings => {
  const settings = settingsOf(service);
  if (settings.kind !== "cron") throw new DomainError("conflict", `${service.slug} is no cron service.`);
  return settings;
};
