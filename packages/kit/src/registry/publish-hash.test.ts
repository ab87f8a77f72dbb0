import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { type TestValkey, testValkey } from "../../test/valkey.ts";
import { waitFor } from "../../test/wait-for.ts";
import { createSignal } from "../lease/signal.ts";
import { createLogger } from "../log.ts";
import {
  createHashPublisher,
  type HashSource,
  holdsRevision,
  type PublishedHash,
  replaceHash,
} from "./publish-hash.ts";

let valkey: TestValkey;
beforeAll(async () => {
  valkey = await testValkey();
});
afterEach(() => valkey.flush());
afterAll(() => valkey.close());

const HASH: PublishedHash = { key: "hp:test:table", metaField: "_meta", kind: "policies" };
const tableOf = (revision: number, fields: Record<string, string>) => ({
  revision,
  fields: new Map(Object.entries(fields)),
});
const published = () => valkey.redis.hgetall(HASH.key);

/** A database with one table in it. */
const sourceOf = (fields: Record<string, string>, highestHeld = 0): HashSource => {
  let revision = 1;
  return {
    read: async () => tableOf(revision, fields),
    revision: async () => revision,
    async raiseRevisionAbove(floor) {
      revision = floor + 1;
    },
    highestHeld: async () => highestHeld,
  };
};
const publisherOf = (source: HashSource) => createHashPublisher(valkey.redis, HASH, source, createLogger("test"));

test("a table replaces the one before whole, and says how many fields it has", async () => {
  expect(await replaceHash(valkey.redis, HASH, tableOf(1, { a: "1", b: "1" }))).toBeNull();
  expect(await replaceHash(valkey.redis, HASH, tableOf(2, { b: "2" }))).toBeNull();
  expect(await published()).toEqual({ b: "2", _meta: '{"revision":2,"count":1}' });
});

test("an older table never replaces a newer one, and is told which one is there", async () => {
  await replaceHash(valkey.redis, HASH, tableOf(5, { a: "new" }));
  expect(await replaceHash(valkey.redis, HASH, tableOf(4, { a: "old" }))).toBe(5);
  expect(await published()).toMatchObject({ a: "new" });
});

test("whatever is no table of ours is replaced", async () => {
  await valkey.redis.hset(HASH.key, { _meta: "nonsense", stray: "1" });
  await replaceHash(valkey.redis, HASH, tableOf(1, { a: "1" }));
  expect(await published()).toEqual({ a: "1", _meta: '{"revision":1,"count":1}' });
});

test("another kind of value in the table's place is replaced, by a publisher that finds it there too", async () => {
  await valkey.redis.set(HASH.key, "text");
  expect(await holdsRevision(valkey.redis, HASH, 1)).toBe(false);
  await publisherOf(sourceOf({ a: "1" })).publish();
  expect(await published()).toMatchObject({ a: "1" });
  expect(await holdsRevision(valkey.redis, HASH, 1)).toBe(true);
});

test("a database older than what is published goes past it", async () => {
  await replaceHash(valkey.redis, HASH, tableOf(40, { a: "later" }));
  await publisherOf(sourceOf({ a: "restored" })).publish();
  expect(await published()).toEqual({ a: "restored", _meta: '{"revision":41,"count":1}' });
});

test("a database older than what a reader holds goes past it, also when nothing is published", async () => {
  const stop = new AbortController();
  const running = publisherOf(sourceOf({ a: "restored" }, 60)).run(createSignal(), stop.signal);
  await waitFor(async () => (await published())["_meta"] === '{"revision":61,"count":1}');
  stop.abort();
  await running;
});
