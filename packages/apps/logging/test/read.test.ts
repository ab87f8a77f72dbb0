import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { removeOldLogs } from "../src/service/retention.ts";
import { endStream, getStream } from "../src/service/streams.ts";
import { storeLines } from "../src/service/write-lines.ts";
import { lockStream } from "../src/store/streams.ts";
import type { StreamId } from "../src/stream.ts";
import { createWorld, numbered, type World } from "./world.ts";

let world: World;
let long: StreamId;
const COUNT = 12_345;
beforeAll(async () => {
  world = await createWorld();
  long = await world.makeStream();
  for (let from = 1; from <= COUNT; from += 1_000) {
    await world.append(
      long,
      numbered(Math.min(1_000, COUNT + 1 - from), from).map((text) => `${text} ${"x".repeat(80)}`),
    );
  }
});
afterAll(() => world.database.drop());

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const read = async (query: Parameters<World["read"]>[1]) => (await world.read(long, query)).lines.map(({ n }) => n);

describe("reading", () => {
  const rows: { name: string; query: Parameters<World["read"]>[1]; lines: number[] }[] = [
    { name: "forward from the beginning", query: { position: { after: 0 }, limit: 3 }, lines: [1, 2, 3] },
    {
      name: "forward from the middle of a chunk",
      query: { position: { after: 5_500 }, limit: 1_000 },
      lines: numbers(5_501, 6_500),
    },
    { name: "forward to the end", query: { position: { after: COUNT - 2 } }, lines: [COUNT - 1, COUNT] },
    { name: "forward past the end", query: { position: { after: COUNT } }, lines: [] },
    { name: "far past the end", query: { position: { after: Number.MAX_SAFE_INTEGER - 1 } }, lines: [] },
    {
      name: "backward from the end",
      query: { position: { before: Number.MAX_SAFE_INTEGER }, limit: 2 },
      lines: [COUNT - 1, COUNT],
    },
    {
      name: "backward over chunks",
      query: { position: { before: 7_001 }, limit: 1_000 },
      lines: numbers(6_001, 7_000),
    },
    { name: "backward to the beginning", query: { position: { before: 3 } }, lines: [1, 2] },
    { name: "backward past the beginning", query: { position: { before: 1 } }, lines: [] },
  ];
  for (const { name, query, lines } of rows) {
    test(name, async () => {
      expect(await read(query)).toEqual(lines);
    });
  }

  test("page by page, either way, sees every line once", async () => {
    const forward: number[] = [];
    for (
      let page = await read({ position: { after: 0 } });
      page.length > 0;
      page = await read({ position: { after: page.at(-1)! } })
    ) {
      forward.push(...page);
    }
    expect(forward).toEqual(numbers(1, COUNT));
    const backward: number[] = [];
    for (
      let page = await read({ position: { before: COUNT + 1 } });
      page.length > 0;
      page = await read({ position: { before: page[0]! } })
    ) {
      backward.unshift(...page);
    }
    expect(backward).toEqual(forward);
  });

  test("does not put more than some MB into one answer, and at least one line", async () => {
    const id = await world.makeStream();
    for (let i = 0; i < 10; i++) await world.append(id, Array(15).fill("x".repeat(60_000)));
    const { lines } = await world.read(id);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(80);
    expect((await world.read(id, { position: { after: lines.length } })).lines[0]?.n).toBe(lines.length + 1);
  });
});

describe("searching", () => {
  test("finds a text anywhere, newest first when it looks backward", async () => {
    const found = await world.read(long, { position: { before: COUNT + 1 }, text: "LINE 777 " });
    expect(found).toMatchObject({ lines: [{ n: 777 }], scannedTo: null });
  });

  test("stops at its limit and says from where to go on", async () => {
    const seen: number[] = [];
    let before = COUNT + 1;
    for (;;) {
      const { lines, scannedTo } = await world.read(long, { position: { before }, text: "99 ", limit: 50 });
      seen.unshift(...lines.map(({ n }) => n));
      if (scannedTo === null) break;
      before = scannedTo;
    }
    expect(seen).toEqual(numbers(1, COUNT).filter((n) => n % 100 === 99));
  });

  test("opens a bounded number of chunks at once and still gets through", async () => {
    const id = await world.makeStream();
    for (let i = 0; i < 6; i++) await world.append(id, Array(15).fill(`noise ${"x".repeat(60_000)}`));
    await world.append(id, ["needle"]);
    let after = 0;
    let rounds = 0;
    for (;;) {
      const { lines, scannedTo } = await world.read(id, { position: { after }, text: "needle" });
      rounds++;
      if (lines.length > 0) break;
      expect(scannedTo).toBeGreaterThan(after);
      after = scannedTo!;
    }
    expect(rounds).toBe(2);
  });

  test("by time takes what lies between", async () => {
    const id = await world.makeStream();
    const start = world.deps.clock();
    for (const text of ["a", "b", "c"]) {
      await world.append(id, [text]);
      world.pass(60_000);
    }
    const from = new Date(start.getTime() + 30_000);
    const to = new Date(start.getTime() + 90_000);
    expect((await world.read(id, { from, to })).lines.map(({ text }) => text)).toEqual(["b"]);
    expect((await world.read(id, { from: to, text: "a" })).lines).toEqual([]);
  });
});

describe("retention", () => {
  const DAY_MS = 24 * 3_600_000;
  const never = new AbortController().signal;

  test("removes old lines of services, old build logs and silent writers, and nothing else", async () => {
    const [runtime, build, recent] = [
      await world.makeStream(),
      await world.makeStream("build"),
      await world.makeStream(),
    ];
    await world.append(runtime, Array(700).fill("x".repeat(100)));
    await world.append(build, ["built"]);
    await endStream(world.deps, build);
    world.pass(13 * DAY_MS);
    await world.append(runtime, ["new"]);
    await world.append(recent, ["recent"]);
    world.pass(2 * DAY_MS);
    await removeOldLogs(world.deps, never);
    expect(await world.texts(runtime)).toEqual(["new"]);
    expect(await getStream(world.deps, runtime)).toMatchObject({ firstLine: 701, nextLine: 702 });
    expect(await world.texts(build)).toEqual(["built"]);
    expect(await world.texts(recent)).toEqual(["recent"]);
    expect(await world.append(runtime, ["newer"])).toEqual({ nextOffset: 702, lastLine: 702 });

    world.pass(80 * DAY_MS);
    await removeOldLogs(world.deps, never);
    await expect(getStream(world.deps, build)).rejects.toMatchObject({ code: "not_found" });
    expect(await world.texts(runtime)).toEqual([]);
    expect(await getStream(world.deps, runtime)).toMatchObject({ firstLine: 703, nextLine: 703, storedBytes: 0 });
    world.pass(80 * DAY_MS);
    await removeOldLogs(world.deps, never);
    expect(await world.sql`select writer from logging.writers where stream_id = ${runtime}`).toHaveLength(0);
    await world.append(runtime, ["again"], { offset: 0 });
    expect((await world.read(runtime)).lines).toMatchObject([{ n: 703, text: "again" }]);
  });

  test("removes the log of a one-off command once it is as old as build logs get, though nobody ended it", async () => {
    const run = await world.makeStream("run");
    await world.append(run, ["done"]);
    world.pass(13 * DAY_MS);
    await removeOldLogs(world.deps, never);
    expect(await world.texts(run)).toEqual(["done"]);
    world.pass(90 * DAY_MS);
    await removeOldLogs(world.deps, never);
    await expect(getStream(world.deps, run)).rejects.toMatchObject({ code: "not_found" });
  });

  test("keeps the log of a build that is not over, until nobody can be building any more", async () => {
    const [waiting, silent] = [await world.makeStream("build"), await world.makeStream("build")];
    world.pass(91 * DAY_MS);
    await removeOldLogs(world.deps, never);
    await world.append(waiting, ["started at last"]);
    await endStream(world.deps, waiting);
    world.pass(30 * DAY_MS);
    await removeOldLogs(world.deps, never);
    expect(await world.texts(waiting)).toEqual(["started at last"]);
    await expect(getStream(world.deps, silent)).rejects.toMatchObject({ code: "not_found" });
  });

  /** Removes old lines while an append to `id` is under way: it takes this line once the removal waits for it. */
  const removeDuringAppend = async (id: StreamId, text: string): Promise<void> => {
    let removing: Promise<void> = Promise.resolve();
    await world.sql.begin(async (tx) => {
      const stream = await lockStream(tx, id);
      removing = removeOldLogs(world.deps, never);
      removing.catch(() => undefined); // it is awaited below
      await waitFor(async () => {
        const waiting = await world.database.admin`
          select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
        return waiting.length > 0;
      });
      await storeLines(world.deps, tx, stream!, { taken: [world.line(text)], dropped: 0, isFull: false });
    });
    await removing;
  };

  test("counts the lines of an append that was under way", async () => {
    const id = await world.makeStream();
    await world.append(id, ["old"]);
    world.pass(15 * DAY_MS);
    await removeDuringAppend(id, "new");
    expect(await world.texts(id)).toEqual(["new"]);
    const [row] = await world.sql`select octet_length(data) as bytes from logging.chunks where stream_id = ${id}`;
    expect(await getStream(world.deps, id)).toMatchObject({ firstLine: 2, nextLine: 3, storedBytes: row?.bytes });
  });

  test("and an append that makes room for itself do not wait for each other", async () => {
    const id = await world.makeStream();
    await world.append(id, ["old"]);
    world.pass(15 * DAY_MS);
    world.limits.runtimeBytes = 1;
    try {
      await removeDuringAppend(id, "too large");
    } finally {
      world.limits.runtimeBytes = 256 * 1024 * 1024;
    }
    expect(await getStream(world.deps, id)).toMatchObject({ firstLine: 3, nextLine: 3, storedBytes: 0 });
  });

  test("goes through more than one batch", async () => {
    const id = await world.makeStream();
    for (let i = 0; i < 60; i++) await world.append(id, Array(16).fill("x".repeat(64_000)));
    world.pass(15 * DAY_MS);
    await removeOldLogs(world.deps, never);
    expect(await world.chunks(id)).toEqual([]);
  });
});
