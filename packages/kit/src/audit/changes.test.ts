import { expect, test } from "bun:test";
import { Secret } from "../secret.ts";
import { changes } from "./changes.ts";

const rows: {
  name: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  told: unknown;
}[] = [
  {
    name: "only what differs is told",
    before: { name: "a", size: 1 },
    after: { name: "b", size: 1 },
    told: { before: { name: "a" }, after: { name: "b" } },
  },
  {
    name: "a new thing is told whole",
    before: null,
    after: { name: "a" },
    told: { before: null, after: { name: "a" } },
  },
  {
    name: "a removed thing is told whole",
    before: { name: "a" },
    after: null,
    told: { before: { name: "a" }, after: null },
  },
  {
    name: "what came and what went is on one side",
    before: { went: 1 },
    after: { came: 1 },
    told: { before: { went: 1 }, after: { came: 1 } },
  },
  {
    name: "the order of fields is no difference",
    before: { at: new Date(0), deep: { a: 1, b: [1, { c: 2 }] } },
    after: { at: new Date(0), deep: { b: [1, { c: 2 }], a: 1 } },
    told: { before: {}, after: {} },
  },
  {
    name: "a list and a thing differ",
    before: { a: [] },
    after: { a: {} },
    told: { before: { a: [] }, after: { a: {} } },
  },
];
for (const { name, before, after, told } of rows) {
  test(name, () => expect(changes(before, after) as unknown).toEqual(told));
}

test("secrets are compared by what they hold", () => {
  const [one, same, other] = [new Secret("1"), new Secret("1"), new Secret("2")];
  expect(Object.keys(changes({ one }, { one: same }).after ?? {})).toEqual([]);
  expect(Object.keys(changes({ one }, { one: other }).after ?? {})).toEqual(["one"]);
});
