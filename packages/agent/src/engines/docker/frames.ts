import { DomainError } from "@homeport/kit/errors.ts";
import type { LogStream } from "../../ports.ts";

export type Frame = { stream: LogStream; payload: Uint8Array };

/** Docker cuts log messages at 16 KiB; a frame far above that is not a log. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
const HEADER_BYTES = 8;

/**
 * Splits the multiplexed stream of a container without a terminal into its frames: one byte stream number (1 stdout, 2
 * stderr), three zero bytes, four bytes of length, big endian, then the payload. Source: Docker Engine API, "Attach to a
 * container", stream format. Our own, because dockerode's ignores backpressure and recurses per frame.
 */
export async function* readFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let pending = new Uint8Array(0);
  for await (const chunk of body) {
    const bytes = pending.byteLength === 0 ? chunk : concat(pending, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.byteLength - at >= HEADER_BYTES) {
      const size = view.getUint32(at + 4);
      if (size > MAX_FRAME_BYTES)
        throw new DomainError("invalid", "The Docker engine sent a log frame that is too large.");
      if (bytes.byteLength - at - HEADER_BYTES < size) break;
      const start = at + HEADER_BYTES;
      yield { stream: bytes[at] === 2 ? "stderr" : "stdout", payload: bytes.subarray(start, start + size) };
      at = start + size;
    }
    pending = bytes.slice(at);
  }
}

const concat = (left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(left.byteLength + right.byteLength);
  whole.set(left);
  whole.set(right, left.byteLength);
  return whole;
};
