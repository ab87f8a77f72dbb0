import { expect, test } from "bun:test";
import fc from "fast-check";
import { Outbox } from "./outbox.ts";
import type { WireSocket } from "./wire-socket.ts";

/** Takes as many bytes at a time as it is told, and keeps them. */
function socketThat(takes: () => number) {
  const taken: Buffer[] = [];
  const socket = {
    write(bytes: Uint8Array, offset: number, length: number): number {
      const count = Math.min(length, takes());
      if (count > 0) taken.push(Buffer.from(bytes.subarray(offset, offset + count)));
      return count;
    },
  } as WireSocket;
  return { socket, taken: () => Buffer.concat(taken).toString("latin1") };
}

const write = (outbox: Outbox, socket: WireSocket, text: string): boolean =>
  outbox.write(socket, Buffer.from(`..${text}..`), 2, 2 + text.length, false);

test("what the socket takes at once leaves nothing behind", () => {
  const outbox = new Outbox();
  const { socket, taken } = socketThat(() => 100);
  expect(write(outbox, socket, "hello")).toBe(true);
  expect(write(outbox, socket, "")).toBe(true);
  expect([outbox.isEmpty, taken()]).toEqual([true, "hello"]);
  expect(outbox.flush(socket)).toBe(true);
});

test("what it does not take waits, and everything written later waits behind it", () => {
  const outbox = new Outbox();
  let room = 2;
  const { socket, taken } = socketThat(() => room);
  expect(write(outbox, socket, "hello")).toBe(false);
  room = 100;
  expect(write(outbox, socket, " world")).toBe(false);
  expect([outbox.isEmpty, taken()]).toEqual([false, "he"]);
  expect(outbox.flush(socket)).toBe(true);
  expect([outbox.isEmpty, taken()]).toEqual([true, "hello world"]);
});

test.each([0, -1])("a socket whose write returns %i has taken nothing", (result) => {
  const outbox = new Outbox();
  const { socket, taken } = socketThat(() => result);
  expect(write(outbox, socket, "hello")).toBe(false);
  expect(outbox.flush(socket)).toBe(false);
  const { socket: open, taken: rest } = socketThat(() => 100);
  expect(outbox.flush(open)).toBe(true);
  expect([taken(), rest()]).toEqual(["", "hello"]);
});

test("scratch bytes may be overwritten as soon as they were written", () => {
  const outbox = new Outbox();
  const { socket } = socketThat(() => 1);
  const scratch = Buffer.from("hello");
  outbox.write(socket, scratch, 0, 5, true);
  scratch.fill("x");
  const { socket: open, taken } = socketThat(() => 100);
  outbox.flush(open);
  expect(taken()).toBe("ello");
});

test("bytes that stay as they are wait without a copy", () => {
  const outbox = new Outbox();
  const { socket } = socketThat(() => 1);
  const kept = Buffer.from("hello");
  outbox.write(socket, kept, 0, 5, false);
  const seen: ArrayBufferLike[] = [];
  outbox.flush({ write: (bytes: Uint8Array) => seen.push(bytes.buffer) } as unknown as WireSocket);
  expect(seen[0]).toBe(kept.buffer);
});

test("what was cleared is never sent", () => {
  const outbox = new Outbox();
  const { socket, taken } = socketThat(() => 2);
  write(outbox, socket, "hello");
  outbox.clear();
  expect([outbox.isEmpty, outbox.flush(socket), taken()]).toEqual([true, true, "he"]);
});

test("however little a socket takes, what arrives is what was written, in order", () => {
  const step = fc.record({
    text: fc.string({ unit: "binary-ascii", maxLength: 30 }),
    isScratch: fc.boolean(),
    flushes: fc.nat({ max: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 20 }),
      fc.infiniteStream(fc.integer({ min: -1, max: 20 })),
      (steps, room) => {
        const outbox = new Outbox();
        const { socket, taken } = socketThat(() => room.next().value as number);
        const scratch = Buffer.alloc(64);
        let written = "";
        for (const { text, isScratch, flushes } of steps) {
          const bytes = isScratch ? scratch : Buffer.alloc(64);
          bytes.write(text, 3, "latin1");
          written += text;
          const isTaken = outbox.write(socket, bytes, 3, 3 + text.length, isScratch);
          expect(isTaken).toBe(outbox.isEmpty);
          expect(taken().length === written.length).toBe(outbox.isEmpty);
          if (isScratch) scratch.fill("#");
          for (let flush = 0; flush < flushes; flush++) expect(outbox.flush(socket)).toBe(outbox.isEmpty);
        }
        const { socket: open, taken: rest } = socketThat(() => 1_000);
        expect(outbox.flush(open)).toBe(true);
        expect(taken() + rest()).toBe(written);
      },
    ),
    { numRuns: 500 },
  );
});
