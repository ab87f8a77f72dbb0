import { describe, expect, test } from "bun:test";
import { admitRun, planCron } from "./cron.ts";
import { Settings } from "./settings.ts";

const settings = (more: object = {}) => Settings.parse({ kind: "cron", schedule: "0 * * * *", ...more });
const at = (time: string) => new Date(`2026-06-01T${time}:00.000Z`);
const planned = { spec: "UTC 0 * * * *", nextAt: at("10:00") };

describe("a schedule", () => {
  test("begins with its next time, not with one that is over", () => {
    expect(planCron({ settings: settings(), isLive: true, planned: null, now: at("09:30") })).toEqual({
      due: null,
      planned,
    });
  });
  test("that was changed begins anew", () => {
    const changed = settings({ schedule: "0 12 * * *" });
    const plan = planCron({ settings: changed, isLive: true, planned, now: at("10:30") });
    expect(plan).toEqual({ due: null, planned: { spec: "UTC 0 12 * * *", nextAt: at("12:00") } });
  });
  test("runs at its time, not before, and then has its next", () => {
    expect(planCron({ settings: settings(), isLive: true, planned, now: at("09:59") }).due).toBeNull();
    expect(planCron({ settings: settings(), isLive: true, planned, now: at("10:00") })).toEqual({
      due: at("10:00"),
      planned: { ...planned, nextAt: at("11:00") },
    });
  });
  test("makes up for the newest time only when several were missed", () => {
    const plan = planCron({ settings: settings(), isLive: true, planned, now: at("17:20") });
    expect(plan).toEqual({ due: at("17:00"), planned: { ...planned, nextAt: at("18:00") } });
  });
  test.each([
    { name: "paused", look: { settings: settings({ paused: true }), isLive: true } },
    { name: "not live", look: { settings: settings(), isLive: false } },
    { name: "without a schedule", look: { settings: Settings.parse({ kind: "cron" }), isLive: true } },
    { name: "no cron service any more", look: { settings: settings({ kind: "service" }), isLive: true } },
  ])("of a service that is $name does nothing, and forgets what it missed", ({ look }) => {
    expect(planCron({ ...look, planned, now: at("10:30") })).toEqual({ due: null, planned: null });
  });
});

test("a run whose time comes too early is left out, in the other's place, or beside it", () => {
  expect(admitRun({ concurrency: "forbid" }, 0).start).toBe(true);
  expect(admitRun({ concurrency: "forbid" }, 1)).toEqual({ start: false, cancelOthers: false });
  expect(admitRun({ concurrency: "replace" }, 1)).toEqual({ start: true, cancelOthers: true });
  expect(admitRun({ concurrency: "allow" }, 9)).toEqual({ start: true, cancelOthers: false });
  expect(admitRun({ concurrency: "allow" }, 10).start).toBe(false);
});
