import { expect, test } from "bun:test";
import { until } from "../../test/until.ts";
import type { CountReport, SharedCounters } from "../ports.ts";
import { RateLimits } from "./rate-limits.ts";

const START = 6_000_000;
const quota = { requests: 3, windowSeconds: 60 };

const takeMany = (limits: RateLimits, key: string, count: number): number =>
  Array.from({ length: count }, () => limits.take(key, quota)).filter(({ isAllowed }) => isAllowed).length;

test("each key has its own count, and so has each length of a window", () => {
  const limits = new RateLimits(null, { now: () => START });
  expect(takeMany(limits, "a", 5)).toBe(3);
  expect(takeMany(limits, "b", 5)).toBe(3);
  expect(limits.take("a", { requests: 3, windowSeconds: 10 }).isAllowed).toBe(true);
});

test("a new limit counts what came under the old one", () => {
  const limits = new RateLimits(null, { now: () => START });
  takeMany(limits, "a", 3);
  expect(limits.take("a", { ...quota, requests: 5 }).remaining).toBe(1);
  expect(limits.take("a", { ...quota, requests: 2 }).isAllowed).toBe(false);
});

test("looking does not count, counting does not ask", () => {
  const limits = new RateLimits(null, { now: () => START });
  for (let index = 0; index < 10; index++) expect(limits.peek("a", quota).remaining).toBe(3);
  expect(limits.size).toBe(0);
  for (let index = 0; index < 5; index++) limits.count("a", quota);
  expect(limits.peek("a", quota)).toMatchObject({ isAllowed: false, remaining: 0 });
});

test("a flood of keys takes a bounded amount of memory, and those in use stay", () => {
  const limits = new RateLimits(null, { now: () => START, maxKeys: 1_000 });
  takeMany(limits, "busy", 3);
  for (let index = 0; index < 20_000; index++) {
    limits.take(`flood ${index}`, quota);
    expect(limits.size).toBeLessThanOrEqual(1_000);
    if (index % 400 === 0) expect(limits.take("busy", quota).isAllowed).toBe(false);
  }
  expect(limits.has("flood 0", quota)).toBe(false);
  expect(limits.has("flood 19999", quota)).toBe(true);
});

/** The others, as the test wants them to be. */
class Others implements SharedCounters {
  rounds: CountReport[][] = [];
  counted = 0;
  isAway = false;

  async exchange(reports: readonly CountReport[]): Promise<number[]> {
    this.rounds.push([...reports]);
    if (this.isAway) throw new Error("away");
    return reports.map(() => this.counted);
  }
}

test("nothing is told while nothing is counted", async () => {
  const others = new Others();
  const limits = new RateLimits(others, { syncMs: 1, now: () => START });
  limits.take("a", quota);
  await until("it was told", () => others.rounds.length === 1);
  limits.peek("a", quota);
  limits.takeLocally("b", quota);
  limits.take("c", quota);
  await until("the next count was told", () => others.rounds.length === 2);
  const keys = new Set(others.rounds[1]?.map(({ key }) => key));
  for (const { key } of others.rounds[0] ?? []) expect(keys.has(key)).toBe(false);
  limits.close();
});

test("a refused request is not told, and what others counted is heard", async () => {
  const others = new Others();
  others.counted = 10;
  const limits = new RateLimits(others, { syncMs: 1, now: () => START });
  expect(limits.take("a", quota).isAllowed).toBe(true);
  await until("the others were heard", () => !limits.peek("a", quota).isAllowed);
  const told = others.rounds.length;
  expect(takeMany(limits, "a", 100)).toBe(0);
  limits.take("b", quota);
  await until("another key was told", () => others.rounds.length > told);
  expect(others.rounds.at(-1)?.map(({ count }) => count)).toEqual([0, 1]); // b's window before and b's own, nothing of a
  limits.close();
});

test("what could not be told is told later, once, as the count that it is by then", async () => {
  const others = new Others();
  others.isAway = true;
  const limits = new RateLimits(others, { syncMs: 1, retryMs: 1, now: () => START });
  limits.take("a", quota);
  await until("it was tried some times", () => others.rounds.length >= 3);
  limits.take("a", quota);
  others.isAway = false;
  const tried = others.rounds.length;
  await until("it was told", () => others.rounds.length > tried);
  const last = others.rounds.at(-1)?.filter(({ count }) => count > 0);
  expect(last?.map(({ count }) => count)).toEqual([2]);
  expect(new Set(others.rounds.flat().map(({ reporter }) => reporter)).size).toBe(1);
  limits.close();
});

test("the window before is heard of until everybody had time to tell", async () => {
  let now = START + 59_900;
  const others = new Others();
  const limits = new RateLimits(others, { syncMs: 1, now: () => now });
  const countsOfNextRound = async () => {
    const before = others.rounds.length;
    limits.take("a", { requests: 1_000, windowSeconds: 60 });
    await until("it was told", () => others.rounds.length > before);
    return others.rounds.at(-1)?.map(({ count }) => count);
  };
  expect(await countsOfNextRound()).toEqual([0, 1]); // it was looked at late in the window: the one before is over
  expect(await countsOfNextRound()).toEqual([2]);
  now += 200;
  expect(await countsOfNextRound()).toEqual([2, 1]);
  now += 1_000;
  expect(await countsOfNextRound()).toEqual([2, 2]);
  expect(await countsOfNextRound()).toEqual([3]);
  limits.close();
});

test("many keys are told in rounds of two hundred", async () => {
  const others = new Others();
  const limits = new RateLimits(others, { syncMs: 1, now: () => START });
  for (let index = 0; index < 1_200; index++) limits.take(`key ${index}`, quota);
  const told = () => new Set(others.rounds.flat().map(({ reporter }) => reporter));
  await until("all were told", () => told().size === 1_200);
  for (const round of others.rounds)
    expect(new Set(round.map(({ reporter }) => reporter)).size).toBeLessThanOrEqual(200);
  limits.close();
});

test("after it is closed a limit goes on, and nothing is told", async () => {
  const others = new Others();
  const limits = new RateLimits(others, { syncMs: 1, now: () => START });
  limits.take("a", quota);
  limits.close();
  expect(takeMany(limits, "a", 5)).toBe(2);
  const witness = new RateLimits(others, { syncMs: 1, now: () => START });
  witness.take("b", quota);
  await until("a later count was told", () => others.rounds.length > 0);
  expect(new Set(others.rounds.flat().map(({ reporter }) => reporter)).size).toBe(1);
  witness.close();
});
