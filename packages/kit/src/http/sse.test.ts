import { describe, expect, test } from "bun:test";
import { waitFor } from "../../test/wait-for.ts";
import { sseResponse } from "./sse.ts";

describe("an event stream", () => {
  const never = new AbortController().signal;
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
    const reader = sseResponse(frames, never, { stallMs: 60_000, maxAgeMs: 60_000 }).body!.getReader();
    expect(state.made).toBe(0);
    await reader.read();
    await reader.read();
    expect(state.made).toBe(2);
    await reader.cancel();
    expect(state.hasEnded).toBe(true);
  });

  test("cuts off a reader that takes nothing", async () => {
    const { state, frames } = endless();
    const reader = sseResponse(frames, never, { stallMs: 40, maxAgeMs: 60_000 }).body!.getReader();
    await reader.read();
    await waitFor(() => state.hasEnded);
    await expect(reader.read()).rejects.toThrow("takes nothing");
  });

  test("sends its reader away after a while, to be let in anew", async () => {
    const { state, frames } = endless();
    const reader = sseResponse(frames, never, { stallMs: 60_000, maxAgeMs: 40 }).body!.getReader();
    while (!(await reader.read()).done);
    await waitFor(() => state.hasEnded);
  });

  test("ends with its request", async () => {
    const { state, frames } = endless();
    const leaving = new AbortController();
    const reader = sseResponse(frames, leaving.signal, { stallMs: 60_000, maxAgeMs: 60_000 }).body!.getReader();
    await reader.read();
    leaving.abort();
    while (!(await reader.read()).done);
    await waitFor(() => state.hasEnded);
  });
});
