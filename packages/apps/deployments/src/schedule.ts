import { Cron } from "croner";

/**
 * Schedules in the words of cron(8): five fields, or a name. A time that a change of the clock leaves out is run at the
 * first one after the gap, and one that comes twice is run once; what runs every so many minutes or hours goes on through
 * both.
 */
export type Schedule = { schedule: string; timeZone: string };

const NAME = /^@(yearly|annually|monthly|weekly|daily|hourly)$/;
const FIELDS = /^\S+( +\S+){4}$/;

const parse = ({ schedule, timeZone }: Schedule): Cron =>
  new Cron(schedule, { timezone: timeZone, paused: true, ...(NAME.test(schedule) ? {} : { mode: "5-part" }) });

/** Whether it can be read, and there is a time that fits it. */
export const isSchedule = (schedule: string): boolean => {
  if (!NAME.test(schedule) && !FIELDS.test(schedule)) return false;
  try {
    return parse({ schedule, timeZone: "UTC" }).nextRun() !== null;
  } catch {
    return false;
  }
};

export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** The first times after `after`, at most `count`. */
export const timesAfter = (schedule: Schedule, after: Date, count: number): Date[] =>
  parse(schedule).nextRuns(count, after);

/** The newest time that is not after `at`; null when there never was one. */
export const timeBefore = (schedule: Schedule, at: Date): Date | null => {
  const second = new Date((Math.floor(at.getTime() / 1000) + 1) * 1000); // whole seconds, and before it
  return parse(schedule).previousRuns(1, second)[0] ?? null;
};
