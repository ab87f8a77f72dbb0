import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { waitFor } from "../../test/wait-for.ts";
import type { Sql } from "../db/connect.ts";
import { emit } from "./emit.ts";
import { matchesTypes, type PlatformEvent } from "./event.ts";
import { type EventLog, startEventLog } from "./log.ts";
import { pruneEvents, sequenceEvents } from "./store.ts";

let db: TestDatabase;
let sql: Sql;
const logs: EventLog[] = [];

const start = async (on: Sql = sql) => {
  const log = await startEventLog({ sql: on });
  logs.push(log);
  return log;
};

const placed = (id: number) => ({ type: "shop.order.placed", source: "shop", data: { id } });

beforeAll(async () => {
  db = await testDatabase([{ app: "shop" }, { app: "mail" }]);
  sql = db.connect("shop", { max: 30 });
});
afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.stop()));
});
afterAll(() => db.drop());

describe("emit", () => {
  test("an event exists exactly if its transaction commits", async () => {
    const log = await start();
    const seen: PlatformEvent[] = [];
    log.subscribe(["shop.*"], (event) => seen.push(event));
    const rolledBack = sql.begin(async (tx) => {
      await emit(tx, placed(1));
      throw new Error("changed my mind");
    });
    await rolledBack.catch(() => undefined);
    const id = await sql.begin((tx) =>
      emit(tx, {
        ...placed(2),
        subject: "order-2",
        actor: { kind: "person", id: "p1" },
        projectId: Bun.randomUUIDv7(),
      }),
    );
    await waitFor(() => seen.length > 0);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      id,
      type: "shop.order.placed",
      source: "shop",
      subject: "order-2",
      data: { id: 2 },
      actor: { kind: "person", id: "p1" },
    });
    expect(seen[0]?.occurredAt).toBeInstanceOf(Date);
  });

  test("an app cannot write in the name of another", async () => {
    const forged = emit(db.connect("mail"), placed(1));
    expect(forged).rejects.toMatchObject({ code: "42501" });
    const forgedType = emit(sql, { type: "mail.letter.sent", source: "shop", data: {} });
    expect(forgedType).rejects.toMatchObject({ code: "23514" });
    const forgedNumber = sql`insert into platform.events (id, seq, type, source, data) values (gen_random_uuid(), 1, 'shop.a', 'shop', '{}')`;
    expect(async () => await forgedNumber).toThrow("permission denied");
  });

  test("an app cannot change or remove events", async () => {
    expect(async () => await sql`update platform.events set data = '{}'`).toThrow("permission denied");
    expect(async () => await sql`delete from platform.events`).toThrow("permission denied");
  });

  test("data over 64 KiB is refused with the size", async () => {
    const large = emit(sql, { type: "shop.order.placed", source: "shop", data: { text: "x".repeat(70_000) } });
    expect(large).rejects.toMatchObject({ code: "too_large" });
  });
});

describe("the sequence", () => {
  test("24 writers with transactions held open and 3 readers: nothing lost, nothing doubled, no gaps, one order", async () => {
    const readers = await Promise.all([start(), start(db.connect("mail")), start(db.admin)]);
    const seen = readers.map((log) => {
      const events: PlatformEvent[] = [];
      log.subscribe(["shop.load.*"], (event) => events.push(event));
      return events;
    });
    const before = readers[0]!.head();
    const perWriter = 50;
    const committed = new Set<string>();
    const writer = async (number: number) => {
      for (let i = 0; i < perWriter; i++) {
        await sql
          .begin(async (tx) => {
            const id = await emit(tx, { type: "shop.load.written", source: "shop", data: { number, i } });
            if (i % 10 === 0) await tx`select pg_sleep(${Math.random() * 0.03})`;
            if (i % 17 === 16) throw new Error("rolled back");
            return id;
          })
          .then((id) => committed.add(id))
          .catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: 24 }, (_, number) => writer(number)));
    await waitFor(() => seen.every((events) => events.length >= committed.size), { timeoutMs: 10_000 });

    for (const events of seen) {
      expect(events).toHaveLength(committed.size);
      expect(new Set(events.map((event) => event.id))).toEqual(committed);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => before + 1 + i));
    }
    expect(seen[1]!.map((event) => event.id)).toEqual(seen[0]!.map((event) => event.id));
    expect(seen[2]!.map((event) => event.id)).toEqual(seen[0]!.map((event) => event.id));
    // Each writer's own events are in the order it committed them.
    for (let number = 0; number < 24; number++) {
      const own = seen[0]!.filter((event) => event.data.number === number).map((event) => event.data.i as number);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  test("an event that was written first but committed last comes last, after the open transaction ended", async () => {
    const log = await start();
    const seen: unknown[] = [];
    log.subscribe(["shop.order.*"], (event) => seen.push(event.data.id));
    const written = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow = sql.begin(async (tx) => {
      await emit(tx, placed(1));
      written.resolve();
      await release.promise;
    });
    await written.promise;
    await sql.begin((tx) => emit(tx, placed(2)));
    expect(await sequenceEvents(sql)).toMatchObject({ pending: true });
    expect(seen).toEqual([]);
    release.resolve();
    await slow;
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual([1, 2]);
  });

  test("events of a process that died between commit and wake-up are numbered by another one", async () => {
    const log = await start();
    const seen: unknown[] = [];
    log.subscribe(["shop.order.*"], (event) => seen.push(event.data.id));
    await sql.begin((tx) => emit(tx, placed(6)));
    await waitFor(() => seen.length === 1);
    // Past emit(): nothing in this process knows of it.
    await sql`insert into platform.events (id, type, source, data) values (gen_random_uuid(), 'shop.order.placed', 'shop', '{"id": 7}')`;
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual([6, 7]);
  });

  test("the tail goes on after its connection was cut", async () => {
    const log = await start();
    const seen: unknown[] = [];
    log.subscribe(["shop.order.*"], (event) => seen.push(event.data.id));
    await waitFor(
      async () =>
        (
          await db.admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where query like '%sequence_events%' and pid <> pg_backend_pid() and datname = current_database()`
        ).length > 0,
    );
    await sql.begin((tx) => emit(tx, placed(8)));
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([8]);
  });

  test("rows of another cluster, restored here, are numbered although their transactions are ahead of ours", async () => {
    const log = await start();
    const seen: unknown[] = [];
    log.subscribe(["shop.order.*"], (event) => seen.push(event.data.id));
    await db.admin`
      insert into platform.events (id, xid, type, source, data)
      values (gen_random_uuid(), '99999999999', 'shop.order.placed', 'shop', '{"id": 9}')`;
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([9]);
  });
});

describe("retention", () => {
  test("removes old events from the front, never those a consumer still has to read", async () => {
    await using own = await testDatabase([{ app: "shop" }]);
    const writer = own.connect("shop");
    for (let id = 1; id <= 6; id++) await emit(writer, placed(id));
    await sequenceEvents(writer);
    await own.admin`update platform.events set occurred_at = now() - interval '40 days' where seq <= 5`;
    await own.admin`insert into platform.event_cursors (app, name, seq) values ('shop', 'mailer', 3)`;
    expect(await pruneEvents(writer, 30)).toBe(3);
    await own.admin`update platform.event_cursors set seq = 6`;
    expect(await pruneEvents(writer, 30)).toBe(2);
    const left = await own.admin`select seq from platform.events order by seq`;
    expect(left.map((row) => row.seq)).toEqual([6]);
    expect((await own.admin`select last, pruned from platform.event_sequence`)[0]).toEqual({ last: 6, pruned: 5 });
  });

  test("a consumer that has not moved for as long holds nothing back, and less than a week is refused", async () => {
    await using own = await testDatabase([{ app: "shop" }]);
    const writer = own.connect("shop");
    await emit(writer, placed(1));
    await sequenceEvents(writer);
    await own.admin`update platform.events set occurred_at = now() - interval '40 days'`;
    await own.admin`insert into platform.event_cursors (app, name, seq, moved_at) values ('shop', 'gone', 0, now() - interval '31 days')`;
    expect(pruneEvents(writer, 1)).rejects.toThrow("at least 7 days");
    expect(await pruneEvents(writer, 30)).toBe(1);
  });
});

test.each([
  [["ci.job.*"], "ci.job.succeeded", true],
  [["ci.job.*"], "ci.jobs.succeeded", false],
  [["ci.job.*"], "ci.job", false],
  [["ci.job.succeeded"], "ci.job.succeeded", true],
  [["git.*", "ci.*"], "ci.job.succeeded", true],
  [["*"], "anything.at.all", true],
  [[], "ci.job.succeeded", false],
])("types %p take %s: %p", (types, type, expected) => {
  expect(matchesTypes(types, type)).toBe(expected);
});
