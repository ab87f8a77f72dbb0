import { type Schedule, timeBefore, timesAfter } from "./schedule.ts";
import type { Settings } from "./settings.ts";

/** What is known of a cron service's next time, and what that was worked out from; null while nothing is to be run. */
export type Planned = { spec: string; nextAt: Date } | null;

export type CronLook = {
  settings: Settings;
  /** Whether its live release is one of a cron service. */
  isLive: boolean;
  planned: Planned;
  now: Date;
};

/** `due`: the time to run it for; null when none has come. */
export type CronPlan = { due: Date | null; planned: Planned };

/**
 * What is to be done for a schedule now. After a time without anybody who looked only the newest time is made up for, which
 * is less than one period ago. A schedule that is new, changed or no longer paused begins with its next time.
 */
export const planCron = ({ settings, isLive, planned, now }: CronLook): CronPlan => {
  const schedule = scheduleOf(settings);
  if (schedule === null || !isLive || settings.paused) return { due: null, planned: null };
  const spec = `${schedule.timeZone} ${schedule.schedule}`;
  const isKnown = planned !== null && planned.spec === spec;
  if (isKnown && planned.nextAt > now) return { due: null, planned };
  const [nextAt] = timesAfter(schedule, now, 1);
  const next = nextAt === undefined ? null : { spec, nextAt };
  if (!isKnown) return { due: null, planned: next };
  const newest = timeBefore(schedule, now);
  return { due: newest === null || newest < planned.nextAt ? planned.nextAt : newest, planned: next };
};

/** Null for a service that has none. */
export const scheduleOf = ({ kind, schedule, timeZone }: Settings): Schedule | null =>
  kind === "cron" && schedule !== undefined ? { schedule, timeZone } : null;

/** More of one service at once would be a schedule that is faster than its command. */
const MAX_AT_ONCE = 10;

export type Admission = { start: boolean; cancelOthers: boolean };

/** What `concurrency` makes of a run whose time has come while `unfinished` others are not over. */
export const admitRun = ({ concurrency }: Pick<Settings, "concurrency">, unfinished: number): Admission => {
  if (unfinished === 0) return { start: true, cancelOthers: false };
  switch (concurrency) {
    case "forbid":
      return { start: false, cancelOthers: false };
    case "replace":
      return { start: unfinished < MAX_AT_ONCE, cancelOthers: true };
    case "allow":
      return { start: unfinished < MAX_AT_ONCE, cancelOthers: false };
  }
};
