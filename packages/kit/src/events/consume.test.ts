import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { waitFor } from "../../test/wait-for.ts";
import type { Sql } from "../db/connect.ts";
import { type ConsumeOptions, type Consumer, consume } from "./consume.ts";
import { emit } from "./emit.ts";
import { type EventLog, startEventLog } from "./log.ts";

let dir: string;
let db: TestDatabase;
let shop: Sql;
let mail: Sql;
let log: EventLog;
const consumers: Consumer[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-consume-"));
  await writeFile(join(dir, "0001_init.sql"), "create table letters (order_id int not null, note text);");
});
beforeEach(async () => {
  db = await testDatabase([{ app: "shop" }, { app: "mail", dir }]);
  shop = db.connect("shop");
  mail = db.connect("mail", { max: 10 });
  log = await startEventLog({ sql: db.admin });
});
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
  await log.stop();
  await db.drop();
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const place = (id: number) => emit(shop, { type: "shop.order.placed", source: "shop", data: { id } });

const start = (options: Partial<ConsumeOptions>): Consumer => {
  const consumer = consume({
    log,
    sql: mail,
    app: "mail",
    name: "letters",
    types: ["shop.order.*"],
    from: "start",
    backoffMs: () => 10,
    handler: async (event, tx) => {
      await tx`insert into mail.letters (order_id) values (${event.data.id as number})`;
    },
    ...options,
  });
  consumers.push(consumer);
  return consumer;
};

const letters = async () =>
  (await db.admin`select order_id as id from mail.letters order by ctid`).map((row) => row.id);
const cursor = async () =>
  (await db.admin`select seq, attempts, last_error as error from platform.event_cursors where name = 'letters'`)[0];

describe("a consumer", () => {
  test("handles every event of its types once, in order, and passes the others over", async () => {
    for (let id = 1; id <= 120; id++) await place(id);
    await emit(shop, { type: "shop.stock.counted", source: "shop", data: {} });
    const consumer = start({});
    await consumer.idle();
    await place(121);
    await consumer.idle();
    expect(await letters()).toEqual(Array.from({ length: 121 }, (_, i) => i + 1));
  });

  test("that is new begins with what comes from now on, unless told otherwise", async () => {
    await place(1);
    await waitFor(() => log.head() === 1);
    const consumer = start({ from: "end" });
    await consumer.idle();
    await place(2);
    await consumer.idle();
    expect(await letters()).toEqual([2]);
  });

  test("on two instances handles each event once", async () => {
    const first = start({});
    const second = start({});
    await Promise.all(Array.from({ length: 60 }, (_, id) => place(id)));
    await Promise.all([first.idle(), second.idle()]);
    expect((await letters()).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, id) => id));
  });

  test("goes on where it stopped", async () => {
    const first = start({});
    await place(1);
    await first.idle();
    await first.stop();
    await place(2);
    await start({}).idle();
    expect(await letters()).toEqual([1, 2]);
  });

  test("whose process dies in the middle of an event handles it again, with none of the first try left", async () => {
    await place(1);
    await place(2);
    // Stands for kill -9: the server ends the session of the transaction that is open.
    let killed = false;
    const consumer = start({
      handler: async (event, tx) => {
        await tx`insert into mail.letters (order_id) values (${event.data.id as number})`;
        if (event.data.id === 2 && !killed) {
          killed = true;
          const [row] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`;
          await db.admin`select pg_terminate_backend(${row.pid})`;
          await tx`select 1`;
        }
      },
    });
    await waitFor(async () => (await letters()).length === 2);
    await consumer.idle();
    expect(await letters()).toEqual([1, 2]);
  });

  test("tries an event that fails again, keeps the order and counts the tries", async () => {
    const failures: number[] = [];
    const consumer = start({
      handler: async (event, tx) => {
        await tx`insert into mail.letters (order_id) values (${event.data.id as number})`;
        if (event.data.id === 2 && failures.push(2) < 3) throw new Error("printer on fire");
      },
    });
    for (const id of [1, 2, 3]) await place(id);
    await consumer.idle();
    expect(await letters()).toEqual([1, 2, 3]);
    expect(await cursor()).toMatchObject({ seq: 3, attempts: 0, error: null });
  });

  test("waits its backoff out, and remembers the error meanwhile", async () => {
    const consumer = start({
      handler: async () => Promise.reject(new Error("printer on fire")),
      backoffMs: () => 60_000,
    });
    await place(1);
    await waitFor(async () => (await cursor())?.attempts === 1);
    expect(await cursor()).toMatchObject({ seq: 0, error: expect.stringContaining("printer on fire") });
    await consumer.stop();
  });

  test("puts an event aside that fails for good, whole and with its error, and goes on", async () => {
    const consumer = start({
      maxAttempts: 3,
      handler: async (event, tx) => {
        if (event.data.id === 2) await tx`select nonsense`;
        await tx`insert into mail.letters (order_id) values (${event.data.id as number})`;
      },
    });
    for (const id of [1, 2, 3]) await place(id);
    await consumer.idle();
    expect(await letters()).toEqual([1, 3]);
    const [failure] = await db.admin`select app, name, seq, event, error, attempts from platform.event_failures`;
    expect(failure).toMatchObject({
      app: "mail",
      name: "letters",
      seq: 2,
      attempts: 3,
      event: { type: "shop.order.placed", data: { id: 2 } },
    });
    expect(failure?.error).toContain("nonsense");
  });

  test("can answer an event with an event of its own", async () => {
    const answers: unknown[] = [];
    log.subscribe(["mail.letter.sent"], (event) => answers.push(event.data.order));
    const consumer = start({
      handler: async (event, tx) => {
        await emit(tx, { type: "mail.letter.sent", source: "mail", data: { order: event.data.id } });
      },
    });
    await place(5);
    await consumer.idle();
    await waitFor(() => answers.length === 1);
    expect(answers).toEqual([5]);
  });

  test("sees no cursor and no failure of another app", async () => {
    await start({}).idle();
    expect(await shop`select name from platform.event_cursors`).toHaveLength(0);
    expect(async () => await shop`insert into platform.event_cursors (app, name, seq) values ('mail', 'x', 0)`).toThrow(
      "row-level security",
    );
  });
});
