import { describe, expect, test } from "bun:test";
import { waitFor } from "../../test/wait-for.ts";
import { createInbox } from "./socket-inbox.ts";
import { createOutbox } from "./socket-outbox.ts";

describe("an outbox", () => {
  /** A client that takes so many messages, and then is behind. */
  const outboxTo = (takes: number) => {
    const state = { written: [] as (string | Uint8Array)[], overflows: 0, takes };
    const outbox = createOutbox(
      {
        write(data) {
          state.written.push(data);
          state.takes -= 1;
          return state.takes > 0 ? data.length : -1;
        },
        overflowed() {
          state.overflows += 1;
          outbox.send("gap");
        },
      },
      { queuedMessages: 3, queuedBytes: 100 },
    );
    return { state, outbox };
  };

  test("keeps the order while a client is behind, and goes on where it was", () => {
    const { state, outbox } = outboxTo(2);
    for (const text of ["a", "b", "c", "d"]) outbox.send(text);
    expect(state.written).toEqual(["a", "b"]);
    state.takes = 1;
    outbox.drained();
    expect([state.written, outbox.blockedSince() !== null]).toEqual([["a", "b", "c"], true]);
    state.takes = 9;
    outbox.drained();
    outbox.send("e");
    expect([state.written, outbox.blockedSince()]).toEqual([["a", "b", "c", "d", "e"], null]);
  });

  test("says when more waits than may, by count or by size, and has dropped it", () => {
    for (const messages of [
      ["a", "b", "c", "d", "e"],
      ["a", "x".repeat(101)],
    ]) {
      const { state, outbox } = outboxTo(1);
      for (const text of messages) outbox.send(text);
      expect(state.overflows).toBe(1);
      state.takes = 9;
      outbox.drained();
      expect(state.written.slice(0, 2)).toEqual(["a", "gap"]);
      expect(state.written).not.toContain("b");
    }
  });

  test("is waited for until the client has taken everything, or is gone", async () => {
    for (const end of ["drained", "end"] as const) {
      const { state, outbox } = outboxTo(1);
      await outbox.empty();
      outbox.send("a");
      let isEmpty = false;
      void outbox.empty().then(() => {
        isEmpty = true;
      });
      await new Promise(setImmediate);
      expect(isEmpty).toBe(false);
      state.takes = 9;
      outbox[end]();
      await waitFor(() => isEmpty);
    }
  });
});

describe("an inbox", () => {
  test("takes a second's messages twice at once, and then one for each that time allows", () => {
    let now = 0;
    const inbox = createInbox(
      async () => {},
      { messagesPerSecond: 10, waitingBytes: 1_000 },
      () => now,
    );
    const takeAll = () => {
      let count = 0;
      while (count < 100 && inbox.take("x")) count += 1;
      return count;
    };
    expect(takeAll()).toBe(20);
    now = 500;
    expect(takeAll()).toBe(5);
    now = 3_600_000;
    expect(takeAll()).toBe(20);
  });

  test("hands messages on one at a time, once it is opened", async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const handle = async (text: string | Uint8Array) => {
      log.push(`${text} begins`);
      if (text === "a") await gate.promise;
      log.push(`${text} ends`);
    };
    const inbox = createInbox(handle, { messagesPerSecond: 10, waitingBytes: 1_000 });
    inbox.take("a");
    inbox.take("b");
    await new Promise(setImmediate);
    expect(log).toEqual([]);
    inbox.open();
    await new Promise(setImmediate);
    expect(log).toEqual(["a begins"]);
    gate.resolve();
    await waitFor(() => log.length === 4);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });
});
