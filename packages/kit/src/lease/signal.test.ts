import { expect, test } from "bun:test";
import { createSignal } from "./signal.ts";

const never = new AbortController().signal;
const LONG_MS = 60_000;

test("a raise wakes everybody who waits", async () => {
  const signal = createSignal();
  const waits = [signal.waitAbove(0, LONG_MS, never), signal.waitAbove(0, LONG_MS, never)];
  signal.raise();
  await Promise.all(waits);
  expect(signal.count()).toBe(1);
});

test("a raise between looking and waiting is not missed", async () => {
  const signal = createSignal();
  const seen = signal.count();
  signal.raise();
  await signal.waitAbove(seen, LONG_MS, never);
});

test("waiting ends with its abort signal", async () => {
  const stop = new AbortController();
  const wait = createSignal().waitAbove(0, LONG_MS, stop.signal);
  stop.abort();
  await wait;
});
