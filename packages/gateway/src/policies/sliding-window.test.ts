import { expect, test } from "bun:test";
import fc from "fast-check";
import { SlidingWindow, type Verdict } from "./sliding-window.ts";

const MINUTE = 60_000;
/** The start of a window. */
const START = 100 * MINUTE;

/** Takes one request at each time, as RateLimits does. */
function takeAll(
  limit: number,
  times: readonly number[],
  window = new SlidingWindow(MINUTE, times[0] ?? START),
): Verdict[] {
  return times.map((now) => {
    window.roll(now);
    const verdict = window.judge(limit, now);
    if (verdict.isAllowed) window.current.own++;
    return verdict;
  });
}

const allowed = (verdicts: readonly Verdict[]): boolean[] => verdicts.map(({ isAllowed }) => isAllowed);
const at = (...seconds: number[]): number[] => seconds.map((second) => START + second * 1_000);

test.each<{ name: string; limit: number; times: number[]; expected: boolean[] }>([
  { name: "all at once, one too many", limit: 3, times: at(0, 0, 0, 0), expected: [true, true, true, false] },
  {
    name: "none twice after a burst at the end",
    limit: 2,
    times: at(59, 59, 60, 61),
    expected: [true, true, false, true],
  },
  {
    name: "half after half a window",
    limit: 4,
    times: at(0, 0, 0, 0, 90, 90, 90),
    expected: [true, true, true, true, true, true, false],
  },
  {
    name: "all again after two windows",
    limit: 2,
    times: at(0, 0, 120, 120, 120),
    expected: [true, true, true, true, false],
  },
  { name: "one in each window", limit: 1, times: at(0, 59, 61, 119, 122), expected: [true, false, true, false, true] },
])("allows $name", ({ limit, times, expected }) => {
  expect(allowed(takeAll(limit, times))).toEqual(expected);
});

test("what others counted counts too", () => {
  const window = new SlidingWindow(MINUTE, START);
  window.current.others = 2;
  expect(allowed(takeAll(3, at(0, 0), window))).toEqual([true, false]);
});

test("a clock that is set back a little does not begin anew", () => {
  expect(allowed(takeAll(1, at(0.1, -0.1, 0.2)))).toEqual([true, false, false]);
});

const limits = fc.integer({ min: 1, max: 20 });
const pauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 2 * MINUTE })), {
  minLength: 1,
  maxLength: 200,
});

const timesOf = (pauses: readonly number[]): number[] => {
  let now = START;
  return pauses.map((pause) => {
    now += pause;
    return now;
  });
};

test("no fixed window sees more than the limit, and no span of its length more than twice the limit", () => {
  fc.assert(
    fc.property(limits, pauses, (limit, pauses) => {
      const times = timesOf(pauses);
      const verdicts = takeAll(limit, times);
      const passed = times.filter((_, index) => verdicts[index]?.isAllowed);
      for (const time of passed) {
        const sameWindow = passed.filter((other) => Math.floor(other / MINUTE) === Math.floor(time / MINUTE));
        expect(sameWindow.length).toBeLessThanOrEqual(limit);
        expect(passed.filter((other) => other > time - MINUTE && other <= time).length).toBeLessThanOrEqual(2 * limit);
      }
    }),
    { numRuns: 300 },
  );
});

test("who waits as long as was said is let through, and hardly earlier", () => {
  fc.assert(
    fc.property(limits, pauses, fc.integer({ min: 0, max: 30 }), (limit, pauses, others) => {
      const times = timesOf(pauses);
      const now = times.at(-1) ?? START;
      const window = new SlidingWindow(MINUTE, START);
      takeAll(limit, times, window);
      window.current.others = others; // also more than the limit
      const { isAllowed, resetSeconds } = window.judge(limit, now);
      fc.pre(!isAllowed);
      const judgeAt = (time: number) => {
        const copy = new SlidingWindow(MINUTE, now);
        copy.current.own = window.current.total;
        copy.previous.own = window.previous.total;
        copy.roll(time);
        return copy.judge(limit, time).isAllowed;
      };
      expect(judgeAt(now + resetSeconds * 1_000)).toBe(true);
      if (resetSeconds > 1) expect(judgeAt(now + (resetSeconds - 1) * 1_000 - 2)).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("what is said to remain is let through at once, and nothing more", () => {
  fc.assert(
    fc.property(limits, pauses, (limit, pauses) => {
      const times = timesOf(pauses);
      const now = times.at(-1) ?? START;
      const window = new SlidingWindow(MINUTE, START);
      takeAll(limit, times, window);
      const { remaining } = window.judge(limit, now);
      const more = takeAll(limit, new Array<number>(remaining + 1).fill(now), window);
      expect(more.filter(({ isAllowed }) => isAllowed)).toHaveLength(remaining);
    }),
  );
});
