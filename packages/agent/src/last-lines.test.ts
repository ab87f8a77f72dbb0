import { expect, test } from "bun:test";
import { Reason } from "@homeport/clusters/contract.ts";
import { boundLines } from "./last-lines.ts";

test("the newest 50 lines are kept, in order", () => {
  const lines = Array.from({ length: 70 }, (_, index) => `line ${index}`);
  expect(boundLines(lines)).toEqual(lines.slice(20));
});

test("long lines are cut, and all together fit a report", () => {
  const kept = boundLines(Array.from({ length: 60 }, () => "x".repeat(5_000)));
  expect(kept.length).toBeGreaterThan(10);
  expect(kept.join("").length).toBeLessThanOrEqual(16_384);
  expect(Reason.safeParse({ code: "crashed", message: "It crashed.", lastLines: kept }).success).toBe(true);
});
