import { expect, test } from "bun:test";
import { REQUEST_ID_BYTES, RequestIds } from "./request-ids.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

test.each([
  ["now", Date.UTC(2026, 6, 1, 12, 30, 15, 678)],
  ["the beginning", 0],
  ["the smallest time", 1],
  ["a time of 32 bits", 2 ** 32 - 1],
  ["the last time of all", 2 ** 48 - 1],
])("an id is a UUIDv7 from which the time can be read: %s", (_, time) => {
  const ids = new RequestIds();
  for (const counter of [0, 1, 0xffffffff, ids.next()]) {
    const id = ids.text(time, counter);
    expect(id).toMatch(UUID_V7);
    expect(timeOf(id)).toBe(time);
  }
});

test("the runtime's own ids have the same form", () => {
  const time = 1_800_000_000_123;
  expect(Bun.randomUUIDv7("hex", time)).toMatch(UUID_V7);
  expect(timeOf(Bun.randomUUIDv7("hex", time))).toBe(timeOf(new RequestIds().text(time, 7)));
});

test("100 000 ids of one millisecond are different", () => {
  const ids = new RequestIds();
  const made = new Set(Array.from({ length: 100_000 }, () => ids.text(1_800_000_000_000, ids.next())));
  expect(made.size).toBe(100_000);
});

test("every bit of the counter makes another id", () => {
  const ids = new RequestIds();
  const counters = [0, ...Array.from({ length: 32 }, (_, bit) => 2 ** bit)];
  expect(new Set(counters.map((counter) => ids.text(0, counter))).size).toBe(33);
});

test("ids of one process in one millisecond are in order, until the counter begins anew", () => {
  const ids = new RequestIds();
  const made = [1, 2, 255, 256, 0xfffff, 0x100000, 0xffffffff].map((counter) => ids.text(5, counter));
  expect(made).toEqual(made.toSorted());
});

test("two processes do not share ids", () => {
  const [one, other] = [new RequestIds(), new RequestIds()];
  expect(one.text(5, 5)).not.toBe(other.text(5, 5));
});

test("the counter begins anew behind its last number", () => {
  const ids = new RequestIds();
  const first = ids.next();
  expect(ids.next()).toBe((first + 1) % 2 ** 32);
});

test("an id is written where it belongs, and touches nothing around it", () => {
  const ids = new RequestIds();
  const target = Buffer.alloc(REQUEST_ID_BYTES + 4, ".");
  ids.write(target, 2, 1_800_000_000_000, 42);
  expect(target.toString("latin1")).toBe(`..${ids.text(1_800_000_000_000, 42)}..`);
});
