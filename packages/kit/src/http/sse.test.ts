import { describe, expect, test } from "bun:test";
import { waitFor } from "../../test/wait-for.ts";
import { announceAccessChange } from "./access-changes.ts";
import { sseResponse } from "./sse.ts";

describe("an event stream", () => {
  const never = new AbortController().signal;
  const LONG = { stallMs: 60_000, maxAgeMs: 60_000 };
  const yes = async () => true;
  const endless = () => {
    const state = { made: 0, hasEnded: false };
    async function* frames(signal: AbortSignal): AsyncGenerator<string, void> {
      try {
        while (!signal.aborted) {
          state.made++;
          await new Promise(setImmediate); // as a query would, it lets timers run
          yield `data: ${"x".repeat(100_000)}\n\n`;
        }
      } finally {
        state.hasEnded = true;
      }
    }
    return { state, frames };
  };

  test("makes nothing before it is asked for", async () => {
    const { state, frames } = endless();
    const reader = sseResponse(frames, never, LONG, yes).body!.getReader();
    expect(state.made).toBe(0);
    await reader.read();
    await reader.read();
    expect(state.made).toBe(2);
    await reader.cancel();
    expect(state.hasEnded).toBe(true);
  });

  test("cuts off a reader that takes nothing", async () => {
    const { state, frames } = endless();
    const reader = sseResponse(frames, never, { ...LONG, stallMs: 40 }, yes).body!.getReader();
    await reader.read();
    await waitFor(() => state.hasEnded);
    await expect(reader.read()).rejects.toThrow("takes nothing");
  });

  test("sends its reader away after a while, to be let in anew", async () => {
    const { state, frames } = endless();
    const reader = sseResponse(frames, never, { ...LONG, maxAgeMs: 40 }, yes).body!.getReader();
    while (!(await reader.read()).done);
    await waitFor(() => state.hasEnded);
  });

  test("ends with its request", async () => {
    const { state, frames } = endless();
    const leaving = new AbortController();
    const reader = sseResponse(frames, leaving.signal, LONG, yes).body!.getReader();
    await reader.read();
    leaving.abort();
    while (!(await reader.read()).done);
    await waitFor(() => state.hasEnded);
  });

  test.each([
    ["may no longer", async () => false],
    ["cannot be asked about", () => Promise.reject(new Error("away"))],
  ])("ends for a reader who, when access has changed, %s", async (_name, mayStill) => {
    const { state, frames } = endless();
    const reader = sseResponse(frames, never, LONG, mayStill).body!.getReader();
    await reader.read();
    announceAccessChange();
    while (!(await reader.read()).done);
    await waitFor(() => state.hasEnded);
  });

  test("goes on for a reader who still may, and asks no more once it has ended", async () => {
    const { state, frames } = endless();
    let asked = 0;
    const mayStill = async () => {
      asked += 1;
      return true;
    };
    const reader = sseResponse(frames, never, LONG, mayStill).body!.getReader();
    await reader.read();
    announceAccessChange();
    await reader.read();
    await reader.read();
    expect([asked, state.hasEnded]).toEqual([1, false]);
    await reader.cancel();
    announceAccessChange();
    expect(asked).toBe(1);
  });
});
