import type { SocketLimits } from "./socket.ts";

/** A message of a client: text, or bytes. */
export type Received = string | Uint8Array;

export type Inbox = {
  /** False when the client sends more than it may: the message was not taken. */
  take(message: Received): boolean;
  /** Lets messages be handled; until then they wait. */
  open(): void;
  end(): void;
};

/** Handles the messages of one client one after the other, and says when they are too many. `handle` must not throw. */
export const createInbox = (
  handle: (message: Received) => Promise<void>,
  { messagesPerSecond, waitingBytes }: Pick<SocketLimits, "messagesPerSecond" | "waitingBytes">,
  now: () => number = () => performance.now(),
): Inbox => {
  const burst = messagesPerSecond * 2;
  let tokens = burst;
  let countedAt = now();
  let waiting: Received[] = [];
  let bytes = 0;
  let isOpen = false;
  let isWorking = false;
  const work = async () => {
    if (isWorking || !isOpen) return;
    isWorking = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await handle(next);
      bytes -= next.length;
    }
    isWorking = false;
  };
  return {
    take(message) {
      const at = now();
      tokens = Math.min(burst, tokens + ((at - countedAt) / 1000) * messagesPerSecond);
      countedAt = at;
      if (tokens < 1 || bytes + message.length > waitingBytes) return false;
      tokens -= 1;
      waiting.push(message);
      bytes += message.length;
      void work();
      return true;
    },
    open() {
      isOpen = true;
      void work();
    },
    end() {
      waiting = [];
      isOpen = false;
    },
  };
};
