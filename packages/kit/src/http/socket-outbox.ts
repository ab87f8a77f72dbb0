/** The side of an outbox that the connection gives it. */
export type OutboxPort = {
  /** Bytes that were sent, -1 when they were taken but the client is behind, 0 when the socket is gone. */
  write(data: string | Uint8Array): number;
  /** More waits than may; the outbox is empty when this is called. */
  overflowed(): void;
};

export type Outbox = {
  send(data: string | Uint8Array): void;
  /** The client has taken everything that was written. */
  drained(): void;
  /** Resolves once nothing waits. */
  empty(): Promise<void>;
  /** Since when the client has taken nothing; null while it keeps up. In time of performance.now(). */
  blockedSince(): number | null;
  end(): void;
};

/**
 * What goes to one client, in order. While the client is behind, messages wait here and not in the server's buffer, where
 * nobody could count them or take them back: at most `queuedMessages` and `queuedBytes`.
 */
export const createOutbox = (
  port: OutboxPort,
  { queuedMessages, queuedBytes }: { queuedMessages: number; queuedBytes: number },
): Outbox => {
  let queue: (string | Uint8Array)[] = [];
  let bytes = 0;
  let blockedSince: number | null = null;
  let hasEnded = false;
  const waiters: (() => void)[] = [];
  const release = () => {
    for (const resolve of waiters.splice(0)) resolve();
  };
  const write = (data: string | Uint8Array) => {
    if (port.write(data) === -1) blockedSince = performance.now();
  };
  return {
    send(data) {
      if (hasEnded) return;
      if (blockedSince === null) return write(data);
      queue.push(data);
      bytes += data.length;
      if (queue.length <= queuedMessages && bytes <= queuedBytes) return;
      queue = [];
      bytes = 0;
      port.overflowed();
    },
    drained() {
      blockedSince = null;
      let sent = 0;
      while (blockedSince === null && sent < queue.length) {
        const next = queue[sent] as string | Uint8Array;
        bytes -= next.length;
        sent += 1;
        write(next);
      }
      queue = queue.slice(sent);
      if (blockedSince === null) release();
    },
    async empty() {
      if (hasEnded || blockedSince === null) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiters.push(resolve);
      await promise;
    },
    blockedSince: () => blockedSince,
    end() {
      hasEnded = true;
      queue = [];
      release();
    },
  };
};
