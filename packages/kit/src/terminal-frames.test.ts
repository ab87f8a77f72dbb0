import { describe, expect, test } from "bun:test";
import { createTerminalFlow } from "./terminal-flow.ts";
import { decodeFrame, encodeFrame, TERMINAL_WINDOW_BYTES, type TerminalFrame } from "./terminal-frames.ts";

const frames: TerminalFrame[] = [
  { kind: "data", bytes: Uint8Array.from({ length: 256 }, (_, at) => at) },
  { kind: "data", bytes: new Uint8Array() },
  { kind: "size", columns: 80, rows: 24 },
  { kind: "exit", code: 137 },
  { kind: "error", code: "no_shell", message: "There is none." },
  { kind: "taken", bytes: 12 },
];

describe("a frame of a terminal", () => {
  for (const frame of frames) {
    test(`of ${frame.kind} comes as it went`, () => expect(decodeFrame(encodeFrame(frame))).toEqual(frame));
  }
  const garbage: [string, Uint8Array][] = [
    ["nothing", new Uint8Array()],
    ["an unknown channel", Buffer.from("\x09{}")],
    ["no JSON", Buffer.from("\x01{")],
    ["a size of nothing", Buffer.from('\x01{"columns":0,"rows":24}')],
    ["a size beyond all screens", Buffer.from('\x01{"columns":5000,"rows":24}')],
    ["a code that is none", Buffer.from('\x02{"code":"7"}')],
    ["an endless text", Buffer.from(`\x03{"code":"x","message":"${"y".repeat(5000)}"}`)],
  ];
  for (const [name, bytes] of garbage) test(`is not ${name}`, () => expect(decodeFrame(bytes)).toBeNull());
});

describe("one direction of a terminal", () => {
  test("holds back what the other end has not taken, and goes on when it has", async () => {
    const flow = createTerminalFlow(new AbortController().signal);
    const chunk = 16 * 1024;
    for (let sent = 0; sent < TERMINAL_WINDOW_BYTES; sent += chunk) expect(await flow.admit(chunk)).toBe(true);
    let isAdmitted = false;
    const next = flow.admit(chunk).then(() => {
      isAdmitted = true;
    });
    await Promise.resolve();
    expect(isAdmitted).toBe(false);
    flow.taken(chunk);
    await next;
    expect(isAdmitted).toBe(true);
  });

  test("admits nothing more once it is over", async () => {
    const ending = new AbortController();
    const flow = createTerminalFlow(ending.signal);
    await flow.admit(TERMINAL_WINDOW_BYTES);
    const next = flow.admit(1);
    ending.abort();
    expect(await next).toBe(false);
  });

  test("admits no more than a mebibyte a second on average", async () => {
    const flow = createTerminalFlow(new AbortController().signal);
    const from = performance.now();
    for (let sent = 0; sent < 512 * 1024; sent += 16 * 1024) {
      await flow.admit(16 * 1024);
      flow.taken(16 * 1024);
    }
    expect(performance.now() - from).toBeGreaterThan(200); // a quarter of a mebibyte at once, the other at that speed
  });
});
