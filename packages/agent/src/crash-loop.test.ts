import { expect, test } from "bun:test";
import { type Ends, loopOf, NO_ENDS, noteEnds } from "./crash-loop.ts";

const reason = { code: "crashed", message: "The service stopped with an error (exit code 1)." };
const MINUTE = 60_000;

/** What is known after the engine's count was seen at these moments. */
const seen = (...looks: [restarts: number, at: number][]): Ends =>
  looks.reduce((ends, [restarts, at]) => noteEnds(ends, restarts, at), NO_ENDS);

test("one end, and another after an hour, are no loop", () => {
  expect(loopOf(reason, NO_ENDS)).toEqual(reason);
  expect(loopOf(reason, seen([0, 0], [1, 0], [2, 60 * MINUTE]))).toEqual(reason);
});

test("many ends in a short time are told with their number and the time", () => {
  const ends = seen([0, 0], [1, 1_000], [2, 31_000], [3, 61_000], [4, 121_000]);
  expect(loopOf(reason, ends).message).toBe(
    `${reason.message} It has ended 5 times in 2 minutes and is started again, with longer and longer pauses.`,
  );
});

test("ends that nobody looked at are counted by the engine's number", () => {
  expect(loopOf(reason, seen([0, 0], [1, 1_000], [9, 5_000])).message).toContain("10 times in 4 seconds");
});

test("what an engine had counted before the agent came is not taken for recent", () => {
  expect(loopOf(reason, seen([100, 0], [101, 1_000]))).toEqual(reason);
});

test("a count that begins again goes on", () => {
  expect(loopOf(reason, seen([5, 0], [6, 1_000], [1, 2_000], [2, 3_000])).message).toContain("4 times");
});
