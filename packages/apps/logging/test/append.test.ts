import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { createStream, dropStream, endStream, getStream } from "../src/service/streams.ts";
import type { StreamId } from "../src/stream.ts";
import { createWorld, numbered, owner, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.database.drop());

describe("an append", () => {
  test("gives lines numbers without a gap, in the order they came", async () => {
    const id = await world.makeStream();
    expect(await world.append(id, ["a", "b"])).toEqual({ nextOffset: 2, lastLine: 2 });
    expect(await world.append(id, ["c"])).toEqual({ nextOffset: 3, lastLine: 3 });
    expect((await world.read(id)).lines.map(({ n, text }) => [n, text])).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
    ]);
    expect(world.announced.at(-1)).toEqual({ stream: id, lastLine: 3 });
  });

  test("sent again, whole or in other portions, adds nothing twice", async () => {
    const id = await world.makeStream();
    await world.append(id, ["a", "b", "c"], { offset: 0 });
    expect(await world.append(id, ["a", "b", "c"], { offset: 0 })).toEqual({ nextOffset: 3, lastLine: 3 });
    expect(await world.append(id, ["b"], { offset: 1 })).toEqual({ nextOffset: 3, lastLine: 3 });
    expect(await world.append(id, ["c", "d"], { offset: 2 })).toEqual({ nextOffset: 4, lastLine: 4 });
    expect(await world.texts(id)).toEqual(["a", "b", "c", "d"]);
  });

  test("that leaves lines out is refused and says where to go on", async () => {
    const id = await world.makeStream();
    await world.append(id, ["a"], { offset: 0 });
    await expect(world.append(id, ["c"], { offset: 2 })).rejects.toMatchObject({ code: "conflict", expectedOffset: 1 });
    expect(await world.texts(id)).toEqual(["a"]);
  });

  test("of one writer is not counted with those of another", async () => {
    const id = await world.makeStream();
    await world.append(id, ["a1", "a2"], { writer: "a" });
    await world.append(id, ["b1"], { writer: "b" });
    await world.append(id, ["a3"], { writer: "a" });
    expect(await world.texts(id)).toEqual(["a1", "a2", "b1", "a3"]);
  });

  test("at the same time as others loses and doubles nothing", async () => {
    const id = await world.makeStream();
    const sends = ["a", "b", "c"].flatMap((writer) => {
      const send = () =>
        world.append(
          id,
          numbered(50).map((text) => `${writer} ${text}`),
          { writer, offset: 0 },
        );
      return [send(), send()]; // each one twice: the first answer got lost
    });
    await Promise.all(sends);
    const texts = await world.texts(id);
    expect(texts).toHaveLength(150);
    for (const writer of ["a", "b", "c"]) {
      expect(texts.filter((text) => text.startsWith(writer))).toEqual(numbered(50).map((text) => `${writer} ${text}`));
    }
  });

  test("of few lines fills up the newest chunk, of many begins others", async () => {
    const id = await world.makeStream();
    for (const text of numbered(20)) await world.append(id, [text]);
    expect(await world.chunks(id)).toEqual([{ first: 1, count: 20 }]);
    await world.append(id, Array(1_000).fill("x".repeat(100)));
    const chunks = await world.chunks(id);
    expect(chunks.length).toBe(2);
    expect(chunks[1]).toEqual({ first: (chunks[0]?.count ?? 0) + 1, count: 1_020 - (chunks[0]?.count ?? 0) });
    const [row] = await world.sql`select sum(octet_length(data)) as bytes from logging.chunks where stream_id = ${id}`;
    expect(await getStream(world.deps, id)).toMatchObject({
      storedBytes: Number(row?.bytes),
      nextLine: 1_021,
      firstLine: 1,
    });
  });

  test("to a stream that is unknown or was removed is refused and makes none", async () => {
    const [unknown, removed] = [`runtime.${newId()}` as StreamId, await world.makeStream()];
    await dropStream(world.deps, removed);
    for (const id of [unknown, removed]) {
      await expect(world.append(id, ["late"])).rejects.toMatchObject({ code: "not_found" });
      await expect(getStream(world.deps, id)).rejects.toMatchObject({ code: "not_found" });
    }
  });
});

describe("a stream", () => {
  test("is made once, for one owner", async () => {
    const id = await world.makeStream();
    await createStream(world.deps, id, owner);
    const foreign = { ...owner, organisationId: newId<typeof owner.organisationId>() };
    await expect(createStream(world.deps, id, foreign)).rejects.toMatchObject({ code: "conflict" });
  });

  test("that has ended takes repeats but nothing new", async () => {
    const id = await world.makeStream("build");
    await world.append(id, ["a"], { offset: 0 });
    const { endedAt } = await endStream(world.deps, id);
    world.pass(1_000);
    expect((await endStream(world.deps, id)).endedAt).toEqual(endedAt);
    expect(await world.append(id, ["a"], { offset: 0 })).toEqual({ nextOffset: 1, lastLine: 1 });
    await expect(world.append(id, ["b"], { offset: 1 })).rejects.toMatchObject({ code: "conflict" });
  });

  test("of a build stops at its limit with a note, counts what it drops and says so at its end", async () => {
    const id = await world.makeStream("build");
    world.limits.buildBytes = 1_000_000;
    try {
      await world.append(id, Array(9).fill("x".repeat(100_000)));
      expect(await world.append(id, Array(3).fill("y".repeat(60_000)))).toEqual({ nextOffset: 12, lastLine: 11 });
      expect(await world.append(id, ["late", "later"])).toEqual({ nextOffset: 14, lastLine: 11 });
    } finally {
      world.limits.buildBytes = 100e6;
    }
    expect(await endStream(world.deps, id)).toMatchObject({ droppedLines: 4, nextLine: 13 });
    expect((await world.texts(id)).slice(-3)).toEqual([
      "y".repeat(60_000),
      "[homeport] The log reached its limit of 1 MB. What comes after this line is dropped.",
      "[homeport] 4 lines were dropped.",
    ]);
  });

  test("of a service loses its oldest lines when it takes too much room", async () => {
    const id = await world.makeStream();
    const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(45_000))).toString("base64"); // does not compress
    world.limits.runtimeBytes = 500_000;
    try {
      for (let i = 0; i < 16; i++) await world.append(id, [noise()]);
    } finally {
      world.limits.runtimeBytes = 256 * 1024 * 1024;
    }
    const stream = await getStream(world.deps, id);
    expect(stream.storedBytes).toBeLessThanOrEqual(500_000);
    expect(stream).toMatchObject({ nextLine: 17 });
    expect(stream.firstLine).toBeGreaterThan(1);
    const { lines } = await world.read(id);
    expect(lines.map(({ n }) => n)).toEqual(
      Array.from({ length: 17 - stream.firstLine }, (_, i) => stream.firstLine + i),
    );
  });

  test("that is removed leaves nothing", async () => {
    const id = await world.makeStream();
    await world.append(id, ["a"]);
    expect(await dropStream(world.deps, id)).toBe(true);
    expect(await dropStream(world.deps, id)).toBe(false);
    expect(await world.chunks(id)).toEqual([]);
    expect(await world.sql`select writer from logging.writers where stream_id = ${id}`).toHaveLength(0);
  });
});
