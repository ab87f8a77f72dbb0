import { beforeEach, describe, expect, test } from "bun:test";
import { createLogger } from "@homeport/kit/log.ts";
import type { OneOff } from "../src/run.ts";
import { lookAtDueCron } from "../src/service/cron-scheduler.ts";
import { createCrons } from "../src/service/crons.ts";
import type { Service } from "../src/service.ts";
import type { SettingsPatch } from "../src/settings.ts";
import { listRuns } from "../src/store/runs.ts";
import { ADA, BY_ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();
const log = createLogger("test");
const at = (time: string) => new Date(`2026-06-01T${time}:00.000Z`);

const crons = () => createCrons(shared.bench.sql, shared.bench.context.keys, () => {});
const context = () => ({ sql: shared.bench.sql, keys: shared.bench.context.keys, log });
const lookAll = async (now: Date): Promise<void> => {
  while (await lookAtDueCron(context(), now));
};
const live = async (settings: SettingsPatch = {}): Promise<Service> => {
  const { bench } = shared;
  const service = await bench.newService();
  const patch = { kind: "cron" as const, schedule: "0 * * * *", startCommand: "bun job.ts", ...settings };
  const changed = await bench.services.update(bench.scope, service, { settings: patch }, BY_ADA);
  await bench.deployLive(changed);
  return bench.reload(service);
};
const runsOf = (service: Service): Promise<OneOff[]> =>
  listRuns(shared.bench.sql, service.workloadId, { kind: "cron", before: null }, 1000);
const timesOf = async (service: Service) =>
  (await runsOf(service)).map(({ scheduledFor, state }) => `${scheduledFor?.toISOString().slice(11, 16)} ${state}`);
const change = (service: Service, settings: SettingsPatch) =>
  shared.bench.services.update(shared.bench.scope, service, { settings }, BY_ADA);
const finishAll = (service: Service) => shared.bench.sql`
  update deployments.runs set state = 'succeeded', finished_at = now(), argv_sealed = null
  where workload_id = ${service.workloadId} and finished_at is null`;

beforeEach(async () => {
  await shared.bench.sql`delete from deployments.cron_schedules`;
});

describe("a cron service", () => {
  test("has no replicas behind an address: its rollout is one of a cron release", async () => {
    const service = await live();
    expect(shared.bench.rollouts.get(service.workloadId)?.wanted.release.settings.kind).toBe("cron");
  });

  test("runs its start command once at each of its times", async () => {
    const service = await live();
    for (const time of ["09:30", "09:59", "10:00", "10:00", "10:01"]) await lookAll(at(time));
    const [run, ...others] = await runsOf(service);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ scheduledFor: at("10:00"), command: ["bun", "job.ts"], createdBy: { kind: "cron" } });
    await finishAll(service);
    await lookAll(at("11:00"));
    expect(await timesOf(service)).toEqual(["11:00 pending", "10:00 succeeded"]);
  });

  test("makes up for one time after hours without Homeport", async () => {
    const service = await live();
    await lookAll(at("09:30"));
    await lookAll(at("15:20"));
    await lookAll(at("15:21"));
    expect(await timesOf(service)).toEqual(["15:00 pending"]);
  });

  test("does nothing before it is live, and begins when it is", async () => {
    const { bench } = shared;
    const service = await bench.newService();
    const settings = { kind: "cron" as const, schedule: "0 * * * *", startCommand: "bun job.ts" };
    const changed = await bench.services.update(bench.scope, service, { settings }, BY_ADA);
    for (const time of ["09:30", "10:00"]) await lookAll(at(time));
    expect(await runsOf(service)).toEqual([]);
    await bench.deployLive(changed);
    for (const time of ["10:30", "11:00"]) await lookAll(at(time));
    expect(await timesOf(service)).toEqual(["11:00 pending"]);
  });

  test("that is paused runs neither what comes nor what was missed, and needs no deployment for it", async () => {
    const service = await live();
    await lookAll(at("09:30"));
    await change(service, { paused: true });
    await lookAll(at("10:30"));
    await change(service, { paused: null });
    await lookAll(at("11:30"));
    expect(await runsOf(service)).toEqual([]);
    await lookAll(at("12:00"));
    expect(await timesOf(service)).toEqual(["12:00 pending"]);
  });

  test("goes by another schedule as soon as it has one", async () => {
    const service = await live();
    await lookAll(at("09:30"));
    await change(service, { schedule: "30 12 * * *", timeZone: "Europe/Berlin" });
    for (const time of ["09:31", "10:00", "10:30", "12:30"]) await lookAll(at(time));
    expect(await timesOf(service)).toEqual(["10:30 pending"]); // half past twelve in Berlin's summer
  });

  test.each([
    { concurrency: "forbid" as const, states: ["11:00 skipped", "10:00 pending"], cancelled: 0 },
    { concurrency: "replace" as const, states: ["11:00 pending", "10:00 pending"], cancelled: 1 },
    { concurrency: "allow" as const, states: ["11:00 pending", "10:00 pending"], cancelled: 0 },
  ])("whose run is not over at the next time goes by $concurrency", async ({ concurrency, states, cancelled }) => {
    const service = await live({ concurrency });
    for (const time of ["09:30", "10:00", "11:00"]) await lookAll(at(time));
    expect(await timesOf(service)).toEqual([...states]);
    const asked = (await runsOf(service)).filter(({ cancelRequestedAt }) => cancelRequestedAt !== null);
    expect(asked.map(({ scheduledFor }) => scheduledFor)).toEqual(cancelled === 0 ? [] : [at("10:00")]);
  });

  test("is run by hand, also while it is paused; not beside a run when two are forbidden", async () => {
    const service = await live({ paused: true });
    expect(await crons().runNow(service, ADA)).toMatchObject({ kind: "cron", scheduledFor: null, state: "pending" });
    expect(crons().runNow(service, ADA)).rejects.toMatchObject({ code: "conflict" });
  });

  test("shows its next times", async () => {
    const service = await live({ schedule: "@daily" });
    const { nextTimes } = await crons().look(service, at("09:30"));
    expect(nextTimes[0]).toEqual(new Date("2026-06-02T00:00:00Z"));
    expect(nextTimes).toHaveLength(5);
    const ordinary = await shared.bench.newService();
    expect(crons().look(ordinary, at("09:30"))).rejects.toMatchObject({ code: "conflict" });
  });

  test("whose command nobody knows has failed runs that say so", async () => {
    const service = await live({ startCommand: null });
    for (const time of ["09:30", "10:00"]) await lookAll(at(time));
    expect(await runsOf(service)).toMatchObject([{ state: "failed", reason: { code: "no_command" } }]);
  });

  test("whose variables do not open holds no other up", async () => {
    const [broken, sound] = [await live(), await live()];
    await lookAll(at("09:30"));
    await shared.bench.sql`update deployments.releases set env_sealed = 'x' where workload_id = ${broken.workloadId}`;
    await lookAll(at("10:00"));
    expect(await timesOf(sound)).toEqual(["10:00 pending"]);
    expect(await runsOf(broken)).toEqual([]);
  });
});

test("two schedulers run each time once", async () => {
  const WORKLOADS = 20;
  const ROUNDS = 50; // 500 were no other
  const services: Service[] = [];
  for (let i = 0; i < WORKLOADS; i++) services.push(await live({ schedule: "* * * * *", concurrency: "allow" }));
  const { sql } = shared.bench;
  let minute = at("00:00").getTime();
  await lookAll(new Date(minute));
  for (let round = 0; round < ROUNDS; round++) {
    minute += 60_000;
    await Promise.all([lookAll(new Date(minute)), lookAll(new Date(minute))]);
    await sql`
      update deployments.runs set state = 'succeeded', finished_at = now(), argv_sealed = null where finished_at is null`;
    // As if a scheduler had died before it noted that it had been there: the time is due again.
    if (round % 10 === 0) {
      await sql`update deployments.cron_schedules set look_at = '-infinity', next_at = ${new Date(minute)}`;
      await Promise.all([lookAll(new Date(minute)), lookAll(new Date(minute))]);
    }
  }
  for (const { workloadId } of services) {
    const rows = await sql`select distinct scheduled_for from deployments.runs where workload_id = ${workloadId}`;
    const all = await sql`select id from deployments.runs where workload_id = ${workloadId}`;
    expect([rows.length, all.length]).toEqual([ROUNDS, ROUNDS]);
  }
}, 120_000);
