export type TextStreamOptions = {
  /** A reader that takes nothing for so long is cut off. */
  stallMs: number;
  /** Called once, with what went wrong or null. */
  onEnd: (err: unknown) => void;
};

/** `close` ends the stream as if it were complete. */
export type TextStream = { stream: ReadableStream<Uint8Array>; close: () => void };

/**
 * A body that asks `parts` for the next text only when the reader has taken the one before. That is all the flow control
 * there is, and Bun honours it down to the socket: a client that reads nothing holds some MB of the kernel's, none of ours.
 */
export const textStream = (parts: AsyncGenerator<string, void>, { stallMs, onEnd }: TextStreamOptions): TextStream => {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  let offeredAt: number | null = null;
  const watch = setInterval(() => {
    const stalled = offeredAt !== null && performance.now() - offeredAt > stallMs;
    if (stalled) end(new Error("The reader takes nothing."));
  }, stallMs / 4);
  /** `controller` is null from then on: a stream that has ended takes nothing more. */
  const end = (err: unknown, isCancelled = false): void => {
    const open = controller;
    if (open === null) return;
    controller = null;
    clearInterval(watch);
    onEnd(err);
    parts.return().catch(() => undefined); // how it ends matters to nobody any more
    if (isCancelled) return;
    if (err === null) open.close();
    else open.error(err);
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened;
      },
      async pull() {
        offeredAt = null;
        try {
          const { value, done } = await parts.next();
          if (done === true) end(null);
          else controller?.enqueue(encoder.encode(value));
        } catch (err) {
          end(err);
        }
        offeredAt = performance.now();
      },
      cancel: () => end(null, true),
    },
    { highWaterMark: 0 },
  );
  return { stream, close: () => end(null) };
};
