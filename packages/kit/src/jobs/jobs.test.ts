import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { waitFor } from "../../test/wait-for.ts";
import type { Sql } from "../db/connect.ts";
import { type EventLog, startEventLog } from "../events/log.ts";
import { bossDatabase } from "./adapter.ts";
import { createJobs, type HandleOptions, type Job, type Jobs } from "./jobs.ts";

const Letter = z.object({ to: z.string() });
type Letter = z.infer<typeof Letter>;

let db: TestDatabase;
let sql: Sql;
let events: EventLog;
const running: Jobs[] = [];

beforeAll(async () => {
  db = await testDatabase([{ app: "mail", jobs: true }, { app: "shop" }]);
  sql = db.connect("mail", { max: 10 });
  events = await startEventLog({ sql: db.admin });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.stop()));
  await db.admin`delete from mail_jobs.job`;
});
afterAll(async () => {
  await events.stop();
  await db.drop();
});

async function start(
  name: string,
  run: (job: Job<Letter>) => Promise<void>,
  options: HandleOptions = {},
): Promise<Jobs> {
  const jobs = createJobs({ sql, app: "mail", events });
  running.push(jobs);
  jobs.handle(name, Letter, run, options);
  await jobs.start();
  return jobs;
}

const states = async (name: string) =>
  (await db.admin`select state::text as state from mail_jobs.job where name = ${name} order by created_on, id`).map(
    (row) => row.state,
  );

describe("jobs", () => {
  test("are enqueued with the transaction: a rollback leaves none, a commit one", async () => {
    const done: string[] = [];
    const jobs = await start("commit", async (job) => void done.push(job.data.to));
    const rolledBack = sql.begin(async (tx) => {
      await jobs.enqueue(tx, "commit", { to: "nobody" });
      throw new Error("changed my mind");
    });
    expect(await rolledBack.catch((err: Error) => err.message)).toBe("changed my mind");
    expect(await states("commit")).toEqual([]);

    await sql.begin((tx) => jobs.enqueue(tx, "commit", { to: "ann" }));
    await waitFor(async () => (await states("commit"))[0] === "completed");
    expect(done).toEqual(["ann"]);
  });

  test("of a backlog are all run once, on two workers", async () => {
    const done: string[] = [];
    const first = await start("backlog", async (job) => void done.push(job.data.to));
    await start("backlog", async (job) => void done.push(job.data.to));
    const names = Array.from({ length: 200 }, (_, i) => `person-${i}`);
    await Promise.all(names.map((to) => first.enqueue(sql, "backlog", { to })));
    await waitFor(() => done.length >= names.length);
    expect(done.sort()).toEqual(names.sort());
  });

  test("are not held up by a slow one", async () => {
    const slow = Promise.withResolvers<void>();
    const done: string[] = [];
    const jobs = await start(
      "slow",
      async (job) => {
        if (job.data.to === "slow") await slow.promise;
        done.push(job.data.to);
      },
      { concurrency: 2 },
    );
    for (const to of ["slow", "a", "b", "c"]) await jobs.enqueue(sql, "slow", { to });
    await waitFor(() => done.length === 3);
    expect(done.sort()).toEqual(["a", "b", "c"]);
    slow.resolve();
    await waitFor(() => done.length === 4);
  });

  test("run no more at once than they may", async () => {
    let now = 0;
    let most = 0;
    const three = Promise.withResolvers<void>(); // the first wait for each other: a slow machine runs one at a time
    const jobs = await start(
      "few",
      async () => {
        most = Math.max(most, ++now);
        if (now >= 3) three.resolve();
        await three.promise;
        await sql`select pg_sleep(0.01)`;
        now -= 1;
      },
      { concurrency: 3 },
    );
    for (let i = 0; i < 20; i++) await jobs.enqueue(sql, "few", { to: "x" });
    await waitFor(async () => (await states("few")).every((state) => state === "completed"));
    expect(most).toBe(3);
  });

  test("that fail are tried again and know which try it is", async () => {
    const attempts: number[] = [];
    const jobs = await start(
      "flaky",
      async (job) => {
        attempts.push(job.attempt);
        if (job.attempt < 2) throw new Error("not yet");
      },
      { retryDelaySeconds: 0 },
    );
    await jobs.enqueue(sql, "flaky", { to: "x" });
    await waitFor(async () => (await states("flaky"))[0] === "completed");
    expect(attempts).toEqual([1, 2]);
  });

  test("that fail every time end as failed, with the reason", async () => {
    const jobs = await start("broken", async () => Promise.reject(new Error("printer on fire")), { retries: 0 });
    await jobs.enqueue(sql, "broken", { to: "x" });
    await waitFor(async () => (await states("broken"))[0] === "failed");
    const [row] = await db.admin`select output from mail_jobs.job where name = 'broken'`;
    expect(row?.output).toMatchObject({ message: "printer on fire" });
  });

  test("with the same key wait once; without a key each counts", async () => {
    const gate = Promise.withResolvers<void>();
    const jobs = await start("keyed", () => gate.promise, { concurrency: 1 });
    await jobs.enqueue(sql, "keyed", { to: "busy" });
    await waitFor(async () => (await states("keyed"))[0] === "active");
    expect(await jobs.enqueue(sql, "keyed", { to: "a" }, { singletonKey: "a" })).toBeString();
    expect(await jobs.enqueue(sql, "keyed", { to: "a" }, { singletonKey: "a" })).toBeNull();
    expect(await jobs.enqueue(sql, "keyed", { to: "b" })).toBeString();
    expect(await jobs.enqueue(sql, "keyed", { to: "b" })).toBeString();
    gate.resolve();
    await waitFor(async () => (await states("keyed")).every((state) => state === "completed"));
  });

  test("that start later wait until then", async () => {
    const jobs = await start("later", async () => undefined);
    await jobs.enqueue(sql, "later", { to: "x" }, { startAfter: new Date(Date.now() + 3_600_000) });
    await jobs.enqueue(sql, "later", { to: "y" });
    await waitFor(async () => (await states("later")).includes("completed"));
    expect(await states("later")).toEqual(["created", "completed"]);
  });

  test("are heard of at once, also when the connection that listens was lost", async () => {
    const done: string[] = [];
    const jobs = await start("heard", async (job) => void done.push(job.data.to));
    const cut = () => db.admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and (query like '%sequence_events%' or query like 'listen %')`;
    await waitFor(async () => (await cut()).length > 0);
    await jobs.enqueue(sql, "heard", { to: "ann" });
    await waitFor(() => done.length === 1);
    await jobs.enqueue(sql, "heard", { to: "ben" });
    await waitFor(() => done.length === 2);
  });

  test("that do not end in time when the process stops are aborted and left to be run again", async () => {
    const jobs = createJobs({ sql, app: "mail", events, drainMs: 10 });
    jobs.handle("endless", Letter, (job) => new Promise((_, reject) => job.signal.addEventListener("abort", reject)));
    await jobs.start();
    await jobs.enqueue(sql, "endless", { to: "x" });
    await waitFor(async () => (await states("endless"))[0] === "active");
    await jobs.stop();
    expect(await states("endless")).toEqual(["retry"]);
  });

  test("with data that does not fit fail and say where", async () => {
    const jobs = await start("typed", async () => undefined, { retries: 0 });
    await jobs.enqueue(sql, "typed", { to: 5 });
    await waitFor(async () => (await states("typed"))[0] === "failed");
    const [row] = await db.admin`select output from mail_jobs.job where name = 'typed'`;
    expect(JSON.stringify(row?.output)).toContain("to");
  });

  test("of an app that declares none open no connection, and unknown names are refused", async () => {
    const idle = createJobs({ sql: db.connect("shop"), app: "shop", events });
    await idle.start();
    expect(idle.enqueue(sql, "anything", {})).rejects.toMatchObject({ code: "internal" });
    const sessions =
      await db.admin`select from pg_stat_activity where usename = 'hp_shop' and datname = current_database()`;
    expect(sessions).toHaveLength(0);
    await idle.stop();
  });

  test("of one app are nothing another app can see", async () => {
    expect(async () => await db.connect("shop")`select * from mail_jobs.job`).toThrow("permission denied");
  });
});

describe("schedules", () => {
  test("are told which job they made last: JSON that pg-boss hands over as text arrives as it is", async () => {
    const rows = await bossDatabase(sql).executeSql("select * from json_to_recordset($1::json) as x (name text)", [
      JSON.stringify([{ name: "nightly" }]),
    ]);
    expect(rows).toEqual({ rows: [{ name: "nightly" }] });
  });

  test("are written once, and taken out when a version no longer declares them", async () => {
    const first = createJobs({ sql, app: "mail", events });
    first.handle("nightly", z.object({}), async () => undefined);
    first.handle("hourly", z.object({ full: z.boolean() }), async () => undefined);
    first.schedule("nightly", "0 3 * * *", {}, { timezone: "Europe/Berlin" });
    first.schedule("hourly", "0 * * * *", { full: true });
    await first.start();
    await first.stop();
    const rows = () => db.admin`select name, cron, timezone, data from mail_jobs.schedule order by name`;
    expect([...(await rows())]).toEqual([
      { name: "hourly", cron: "0 * * * *", timezone: "UTC", data: { full: true } },
      { name: "nightly", cron: "0 3 * * *", timezone: "Europe/Berlin", data: {} },
    ]);
    const second = createJobs({ sql, app: "mail", events });
    second.handle("nightly", z.object({}), async () => undefined);
    second.schedule("nightly", "30 3 * * *");
    await second.start();
    await second.stop();
    expect((await rows()).map((row) => [row.name, row.cron, row.timezone])).toEqual([["nightly", "30 3 * * *", "UTC"]]);
  });
});
