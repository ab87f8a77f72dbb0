import { connect } from "node:net";
import { PATHS } from "./answers.ts";
import type { Target } from "./target.ts";

const BYTES_PER_SECOND = 1_000_000;

/** Asks for 200 MB, reads 1 MB of it per second, and cuts the connection. Returns how many bytes it had by then. */
export const readSlowly = async (target: Target, seconds: number): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect(target.port, "127.0.0.1");
  const startedAt = performance.now();
  let received = 0;
  socket.on("error", reject);
  socket.on("close", () => resolve(received));
  socket.on("connect", () => {
    socket.write(`GET ${PATHS.body200MB} HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`);
  });
  socket.on("data", (chunk: Buffer) => {
    received += chunk.byteLength;
    const aheadMs = (received / BYTES_PER_SECOND) * 1_000 - (performance.now() - startedAt);
    if (aheadMs <= 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), aheadMs);
  });
  const timer = setTimeout(() => socket.destroy(), seconds * 1_000);
  return promise.finally(() => clearTimeout(timer));
};
