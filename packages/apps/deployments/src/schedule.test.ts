import { describe, expect, test } from "bun:test";
import { isSchedule, isTimeZone, timeBefore, timesAfter } from "./schedule.ts";

const BERLIN = "Europe/Berlin";
const after = (schedule: string, at: string, count: number) =>
  timesAfter({ schedule, timeZone: BERLIN }, new Date(at), count).map((time) => time.toISOString().slice(5, 16));

test.each(["30 2 * * 1-5", "*/5 * * * *", "@daily", "@hourly", "0 0 29 2 *", "0 8 * jan mon"])(
  "%s is a schedule",
  (text) => {
    expect(isSchedule(text)).toBe(true);
  },
);

test.each(["* * * * * *", "61 * * * *", "@reboot", "0 0 31 2 *", "", "2026-01-01T00:00:00Z", "a b c d e"])(
  "%j is none: it has other fields, or never comes",
  (text) => {
    expect(isSchedule(text)).toBe(false);
  },
);

test("time zones are those of the IANA", () => {
  expect([BERLIN, "UTC", "America/New_York"].map(isTimeZone)).toEqual([true, true, true]);
  expect(["Mars/Olympus", "", "../etc"].map(isTimeZone)).toEqual([false, false, false]);
});

describe("when the clocks go forward", () => {
  test("a time that is left out comes right after the gap, once", () => {
    expect(after("30 2 * * *", "2026-03-28T12:00:00Z", 2)).toEqual(["03-29T01:00", "03-30T00:30"]);
  });
  test("what runs every hour goes on", () => {
    expect(after("15 * * * *", "2026-03-29T00:00:00Z", 3)).toEqual(["03-29T00:15", "03-29T01:15", "03-29T02:15"]);
  });
});

describe("when the clocks go back", () => {
  test("a time that comes twice is run once", () => {
    expect(after("30 2 * * *", "2026-10-24T12:00:00Z", 2)).toEqual(["10-25T00:30", "10-26T01:30"]);
  });
  test("what runs every hour runs in both of them", () => {
    expect(after("15 * * * *", "2026-10-25T00:00:00Z", 3)).toEqual(["10-25T00:15", "10-25T01:15", "10-25T02:15"]);
  });
});

test("the newest time of a schedule is not after the moment that is asked about", () => {
  const hourly = { schedule: "@hourly", timeZone: "UTC" };
  expect(timeBefore(hourly, new Date("2026-06-01T10:00:00.000Z"))).toEqual(new Date("2026-06-01T10:00:00Z"));
  expect(timeBefore(hourly, new Date("2026-06-01T09:59:59.999Z"))).toEqual(new Date("2026-06-01T09:00:00Z"));
});
