import { pipeChannel } from "../registry/keys.ts";
import type { Redis } from "../valkey.ts";
import { decodeMessage, encodeMessage, type PipeMessage } from "./message.ts";

/** `asker` made the pipe; `answerer` was told its id and came. */
export type PipeSide = "asker" | "answerer";

export type PipeEnd = { code: number; reason: string };

/** What ends a pipe, besides what one of its ends says. */
export const PIPE_END = {
  /** The other end is not there: its process has ended, or never came. */
  gone: 4410,
  /** Something between the two was lost. */
  broken: 4411,
} as const;

/** One end of a line between two instances of any apps. Nothing holds bytes back: its ends agree on how many are underway. */
export type Pipe = {
  /** In order. Does nothing once it has ended. */
  send(bytes: Uint8Array): void;
  /** Ends it for both; the reason has at most 200 characters. */
  end(code: number, reason: string): void;
  /** Settles when the other end was heard of for the first time, or the pipe has ended. */
  readonly joined: Promise<void>;
  /** Settles at the end, whoever ended it. */
  readonly ended: Promise<PipeEnd>;
};

export type Pipes = {
  /**
   * Opens one end. Each side of an id is opened once, the asker's first: the answerer's ends with `gone` when nobody
   * asks any more. `receive` is called in order and must not throw. What it resolves to can be heard from then on.
   */
  open(id: string, side: PipeSide, receive: (bytes: Uint8Array) => void): Promise<Pipe>;
  /** Ends all of this process: their other ends learn of it at once. */
  close(): Promise<void>;
};

const BEAT_MS = 4_000;
/** Three beats, and some time for the way. */
const SILENCE_MS = 15_000;

/**
 * Pipes over Valkey's publish and subscribe. That forgets what nobody hears, so every message has a number: a gap, a
 * silence, or a message that nobody received ends the pipe, and nobody ever reads on behind a hole.
 */
export const createPipes = (valkey: Redis, times = { beatMs: BEAT_MS, silenceMs: SILENCE_MS }): Pipes => {
  const listeners = new Map<string, (message: Buffer) => void>();
  const open = new Set<Pipe>();
  let subscriber: Redis | null = null;
  const subscribed = (): Redis => {
    if (subscriber !== null) return subscriber;
    // A connection that subscribes can do nothing else; it subscribes again by itself after it was lost.
    const opened = valkey.duplicate();
    opened.on("error", () => undefined); // the shared connection reports the same
    opened.on("messageBuffer", (channel: Buffer, message: Buffer) => listeners.get(channel.toString())?.(message));
    subscriber = opened;
    return opened;
  };

  return {
    async open(id, side, receive) {
      const [mine, theirs] = [pipeChannel(id, side), pipeChannel(id, side === "asker" ? "answerer" : "asker")];
      const joined = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<PipeEnd>();
      let isOver = false;
      let hasPeer = side === "answerer"; // whoever answers was asked by somebody who listens
      let sent = 0;
      let received = 0;
      let heardAt = performance.now();

      const finish = (end: PipeEnd): void => {
        if (isOver) return;
        isOver = true;
        clearInterval(beating);
        listeners.delete(mine);
        open.delete(pipe);
        void subscriber?.unsubscribe(mine).catch(() => undefined); // no message of it is taken any more in any case
        joined.resolve();
        ended.resolve(end);
      };
      const publish = (message: PipeMessage): void => {
        sent += 1;
        valkey.publish(theirs, encodeMessage(sent, message)).then(
          (receivers) => {
            if (receivers === 0 && hasPeer) finish({ code: PIPE_END.gone, reason: "The other end is gone." });
          },
          () => finish({ code: PIPE_END.broken, reason: "The line was interrupted." }),
        );
      };
      const hear = (whole: Buffer): void => {
        const heard = decodeMessage(whole);
        if (heard === null || heard.number !== received + 1) {
          pipe.end(PIPE_END.broken, "The line was interrupted.");
          return;
        }
        received = heard.number;
        heardAt = performance.now();
        hasPeer = true;
        joined.resolve();
        if (heard.message.kind === "bytes") receive(heard.message.bytes);
        else if (heard.message.kind === "end") finish({ code: heard.message.code, reason: heard.message.reason });
      };
      const beat = (): void => {
        if (!hasPeer) return;
        if (performance.now() - heardAt > times.silenceMs) {
          pipe.end(PIPE_END.gone, "The other end is silent.");
          return;
        }
        publish({ kind: "beat" });
      };
      const beating = setInterval(beat, times.beatMs);
      const pipe: Pipe = {
        send(bytes) {
          if (!isOver) publish({ kind: "bytes", bytes });
        },
        end(code, reason) {
          if (isOver) return;
          publish({ kind: "end", code, reason: reason.slice(0, 200) });
          finish({ code, reason });
        },
        joined: joined.promise,
        ended: ended.promise,
      };
      open.add(pipe);
      listeners.set(mine, hear);
      try {
        await subscribed().subscribe(mine);
      } catch (err) {
        finish({ code: PIPE_END.broken, reason: "The line could not be opened." });
        throw err;
      }
      if (side === "answerer") publish({ kind: "beat" }); // so that the asker knows
      return pipe;
    },
    async close() {
      for (const pipe of [...open]) pipe.end(1012, "The platform restarts: connect again.");
      subscriber?.disconnect();
    },
  };
};
