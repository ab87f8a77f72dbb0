import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { waitFor } from "../../test/wait-for.ts";
import type { Sql } from "../db/connect.ts";
import { type LeaseLoop, type LeaseLoopOptions, leaseLoop } from "./lease-loop.ts";

// A sample state table with the statements that every real one has.
type Task = { id: number; token: string; attempts: number };
const LEASE_MS = 300;

const claimTasks = (sql: Sql, limit: number) => sql<Task[]>`
  with due as (
    select id from public.tasks
    where state = 'queued' and run_at <= now()
    order by run_at, id
    limit ${limit}
    for update skip locked -- rows another worker is claiming are passed over, not waited for
  )
  update public.tasks
  set state = 'running', attempts = attempts + 1, lease_token = gen_random_uuid(), lease_until = now() + interval '300 ms'
  from due where tasks.id = due.id
  returning tasks.id, lease_token as token, attempts`;

const renewTask = async (sql: Sql, task: Task) => {
  const renewed = await sql`
    update public.tasks set lease_until = now() + interval '300 ms'
    where id = ${task.id} and lease_token = ${task.token}`;
  return renewed.count > 0;
};

const finishTask = async (sql: Sql, task: Task) => {
  const finished = await sql`
    update public.tasks set state = 'done', lease_token = null
    where id = ${task.id} and lease_token = ${task.token}`;
  return finished.count;
};

const reapTasks = (sql: Sql) => sql`
  update public.tasks
  set state = case when attempts < 3 then 'queued' else 'failed' end, lease_token = null
  where state = 'running' and lease_until < now()`;

let db: TestDatabase;
let sql: Sql;
let stopping: AbortController;
const loops: LeaseLoop[] = [];

beforeAll(async () => {
  db = await testDatabase();
  sql = db.admin;
  await sql`
    create table public.tasks (
      id int primary key, state text not null default 'queued', run_at timestamptz not null default now(),
      attempts int not null default 0, lease_token uuid, lease_until timestamptz
    )`;
});
beforeEach(() => {
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await Promise.all(loops.splice(0).map((loop) => loop.done));
  await sql`delete from public.tasks`;
});
afterAll(() => db.drop());

const add = (count: number) => sql`insert into public.tasks (id) select generate_series(1, ${count}::int)`;
const states = async () => (await sql`select state from public.tasks order by id`).map((row) => row.state);

function start(options: Partial<LeaseLoopOptions<Task>> = {}): LeaseLoop {
  const loop = leaseLoop<Task>({
    name: "tasks",
    claim: (limit) => claimTasks(sql, limit),
    run: async (task) => void (await finishTask(sql, task)),
    lease: { ms: LEASE_MS, renew: (task) => renewTask(sql, task) },
    everyMs: 60_000,
    concurrency: 4,
    signal: stopping.signal,
    ...options,
  });
  loops.push(loop);
  return loop;
}

describe("a lease loop", () => {
  test("with 16 claimers at once gives each item to one of them", async () => {
    await add(200);
    const claims = await Promise.all(Array.from({ length: 16 }, () => claimTasks(sql, 20)));
    const ids = claims.flat().map((task) => task.id);
    expect(ids).toHaveLength(200);
    expect(new Set(ids).size).toBe(200);
  });

  test("works off everything that is due, two loops together, each item once", async () => {
    await add(50);
    const ran: number[] = [];
    const run = async (task: Task) => {
      ran.push(task.id);
      await finishTask(sql, task);
    };
    start({ run });
    start({ run });
    await waitFor(async () => (await states()).every((state) => state === "done"));
    expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test("sleeps until it is woken, and works on no more than it may at once", async () => {
    let now = 0;
    let most = 0;
    const loop = start({
      concurrency: 3,
      run: async (task) => {
        most = Math.max(most, ++now);
        await sql`select pg_sleep(0.01)`;
        now -= 1;
        await finishTask(sql, task);
      },
    });
    await Bun.sleep(0);
    await add(12);
    loop.wake();
    await waitFor(async () => (await states()).every((state) => state === "done"));
    expect(most).toBe(3);
  });

  test("keeps the lease of long work, so that nobody else gets it", async () => {
    await add(1);
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    start({
      reap: () => reapTasks(sql),
      reapEveryMs: 30,
      run: async (task) => {
        runs += 1;
        await gate.promise;
        await finishTask(sql, task);
      },
    });
    await waitFor(() => runs === 1);
    const startedAt = performance.now();
    await waitFor(() => performance.now() - startedAt > 3 * LEASE_MS);
    gate.resolve();
    await waitFor(async () => (await states())[0] === "done");
    expect(runs).toBe(1);
  });

  test("aborts work whose lease was lost, and its late write changes 0 rows", async () => {
    await add(1);
    const changed = Promise.withResolvers<number>();
    let runs = 0;
    const loop = start({
      concurrency: 2,
      run: async (task, signal) => {
        runs += 1;
        if (runs > 1) return void (await finishTask(sql, task));
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        changed.resolve(await finishTask(sql, task));
      },
    });
    await waitFor(() => runs === 1);
    // What the reaper of another process does with an expired lease.
    await sql`update public.tasks set state = 'queued', lease_token = null`;
    loop.wake();
    expect(await changed.promise).toBe(0);
    await waitFor(async () => (await states())[0] === "done");
    expect(runs).toBe(2);
  });

  test("gives up a lease it could not renew for its whole life", async () => {
    await add(1);
    const aborted = Promise.withResolvers<void>();
    start({
      lease: { ms: 60, renew: () => Promise.reject(new Error("the database is away")) },
      run: (_task, signal) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve(aborted.resolve()))),
    });
    await aborted.promise;
  });

  test("leaves the items of a dead process to the reaper, which fails what was tried too often", async () => {
    await add(2);
    await claimTasks(sql, 2); // by a process that dies at once
    await sql`update public.tasks set lease_until = now() - interval '1 s'`;
    await sql`update public.tasks set attempts = 3 where id = 2`;
    const loop = start({ reap: () => reapTasks(sql), reapEveryMs: 20 });
    await waitFor(async () => (await states())[1] === "failed");
    loop.wake();
    await waitFor(async () => (await states())[0] === "done");
    expect(await states()).toEqual(["done", "failed"]);
  });

  test("goes on after an error of claim, run or reap", async () => {
    await add(3);
    let claims = 0;
    let reaps = 0;
    const loop = start({
      everyMs: 10,
      claim: (limit) => (++claims === 1 ? Promise.reject(new Error("away")) : claimTasks(sql, limit)),
      reap: () => (++reaps === 1 ? Promise.reject(new Error("away")) : reapTasks(sql)),
      reapEveryMs: 20,
      lease: { ms: LEASE_MS, renew: (task) => renewTask(sql, task) },
      run: async (task) => {
        if (task.attempts === 1) throw new Error("crashed");
        await finishTask(sql, task);
      },
    });
    await waitFor(async () => (await states()).every((state) => state === "done"));
    stopping.abort();
    await loop.done;
  });

  test("that is stopped lets work finish within its grace, aborts the rest, then ends", async () => {
    await add(2);
    const ends: string[] = [];
    let started = 0;
    const loop = start({
      drainMs: 100,
      run: async (task, signal) => {
        started += 1;
        if (task.id === 1) await sql`select pg_sleep(0.02)`;
        else await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        ends.push(signal.aborted ? "aborted" : "finished");
        if (!signal.aborted) await finishTask(sql, task);
      },
    });
    await waitFor(() => started === 2);
    stopping.abort();
    await loop.done;
    expect(ends).toEqual(["finished", "aborted"]);
    expect(await states()).toEqual(["done", "running"]);
  });
});
