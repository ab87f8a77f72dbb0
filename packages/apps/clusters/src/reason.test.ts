import { expect, test } from "bun:test";
import { reasonForEvent } from "./reason.ts";

test("a reason keeps its newest lines in an event, as many as fit", () => {
  const lastLines = Array.from({ length: 50 }, (_, n) => `${n} ${"ä".repeat(1990)}`);
  const kept = reasonForEvent({ code: "exit_code", message: "It ended.", lastLines }).lastLines ?? [];
  expect(kept.length).toBeGreaterThan(5);
  expect(kept).toEqual(lastLines.slice(-kept.length));
  expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(33_000);
});
