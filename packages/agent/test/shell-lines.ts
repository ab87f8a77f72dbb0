import { decodeFrame, encodeFrame, type TerminalFrame } from "@homeport/kit/terminal-frames.ts";
import type { ShellLine } from "../src/ports.ts";

/** The person's end of a shell, in memory. Nothing is taken by itself: see `take`. */
export type PersonsLine = {
  readonly frames: TerminalFrame[];
  readonly isOver: boolean;
  text(): string;
  /** Bytes of data that came so far. */
  size(): number;
  say(frame: TerminalFrame): void;
  /** Tells the node that all that came so far was taken. */
  take(): void;
  /** Goes away. */
  leave(): void;
};

export const createShellLines = () => {
  const expected = new Map<string, PromiseWithResolvers<PersonsLine>>();
  return {
    expect(id: string): Promise<PersonsLine> {
      const line = Promise.withResolvers<PersonsLine>();
      expected.set(id, line);
      return line.promise;
    },
    /** The node's end of it: once, as with the real one. */
    come(id: string, signal: AbortSignal): ShellLine {
      const waiting = expected.get(id);
      if (waiting === undefined) throw new Error("Nobody waits for this shell.");
      expected.delete(id);
      const frames: TerminalFrame[] = [];
      const said: Uint8Array[] = [];
      let wake = Promise.withResolvers<void>();
      let isOver = false;
      let taken = 0;
      const stir = () => {
        wake.resolve();
        wake = Promise.withResolvers<void>();
      };
      const end = () => {
        isOver = true;
        stir();
      };
      signal.addEventListener("abort", end, { once: true });
      const data = () => frames.flatMap((frame) => (frame.kind === "data" ? [frame.bytes] : []));
      const size = () => data().reduce((sum, { length }) => sum + length, 0);
      const say = (frame: TerminalFrame) => {
        said.push(encodeFrame(frame));
        stir();
      };
      waiting.resolve({
        frames,
        get isOver() {
          return isOver;
        },
        text: () => Buffer.concat(data()).toString(),
        size,
        say,
        take() {
          const all = size();
          say({ kind: "taken", bytes: all - taken });
          taken = all;
        },
        leave: end,
      });
      return {
        frames: {
          async *[Symbol.asyncIterator]() {
            for (;;) {
              const next = said.shift();
              if (next !== undefined) yield next;
              else if (isOver) return;
              else await wake.promise;
            }
          },
        },
        send(frame) {
          const heard = isOver ? null : decodeFrame(frame.slice());
          if (heard !== null) frames.push(heard);
        },
        close: end,
      };
    },
  };
};
