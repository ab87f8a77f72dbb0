import { expect, test } from "bun:test";
import { createWake } from "./wake.ts";

const NEVER = new AbortController().signal;

/** How many of these waits, of a minute each, end at once. */
const countEnded = async (...waits: Promise<void>[]): Promise<number> => {
  const started = performance.now();
  await Promise.all(waits);
  return performance.now() - started < 1_000 ? waits.length : 0;
};

test("everybody who waits is woken", async () => {
  const wake = createWake();
  const waits = [0, 1, 2].map(() => wake.waitPast(wake.count, 60_000, NEVER));
  wake.wake();
  expect(await countEnded(...waits)).toBe(3);
});

test("a wake-up between looking and waiting is not missed", async () => {
  const wake = createWake();
  const seen = wake.count;
  wake.wake();
  expect(await countEnded(wake.waitPast(seen, 60_000, NEVER))).toBe(1);
});

test("a wait ends with its time and with its signal", async () => {
  const wake = createWake();
  const ending = new AbortController();
  const waits = [
    wake.waitPast(wake.count, 1, NEVER),
    wake.waitPast(wake.count, 60_000, AbortSignal.abort()),
    wake.waitPast(wake.count, 60_000, ending.signal),
  ];
  ending.abort();
  expect(await countEnded(...waits)).toBe(3);
});
