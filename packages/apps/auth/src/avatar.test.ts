import { expect, test } from "bun:test";
import { hueOf, initialsOf } from "./avatar.ts";

test("an avatar has the first letters of the first and the last word", () => {
  const rows = [
    ["Ada Lovelace", "AL"],
    ["ada", "A"],
    ["  Ada  King   Lovelace ", "AL"],
    ["élise 🦊", "É🦊"],
    ["", ""],
  ] as const;
  expect(rows.map(([name]) => initialsOf(name))).toEqual(rows.map(([, initials]) => initials));
});

test("the colour stays with the id", () => {
  expect(hueOf("0198")).toBe(hueOf("0198"));
  expect(hueOf("0198")).not.toBe(hueOf("0199"));
  expect(hueOf("0198")).toBeLessThan(360);
});
