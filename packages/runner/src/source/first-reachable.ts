import { connect } from "node:net";

const TIMEOUT_MS = 10_000;

/**
 * The first of these addresses that takes a connection on the port, tried one after the other: for programs that can be
 * given one address only. The error is the last one's.
 *
 * @throws {Error} when none does, or the signal aborts
 */
export const firstReachable = async (
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<string> => {
  let failure: unknown = new Error("There is no address.");
  for (const address of addresses) {
    try {
      await tryConnect(address, port, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
      return address;
    } catch (err) {
      signal.throwIfAborted();
      failure = err;
    }
  }
  throw failure;
};

const tryConnect = (host: string, port: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (err) => {
      socket.destroy();
      reject(signal.aborted ? Object.assign(new Error("timed out"), { code: "ETIMEDOUT" }) : err);
    });
  });
