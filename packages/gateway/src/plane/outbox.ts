import type { WireSocket } from "./wire-socket.ts";

/**
 * Bytes on their way into one socket. While `isEmpty` is false the side that they come from is paused, so it holds what one
 * or two reads brought and never more.
 */
export class Outbox {
  private rest: Buffer | null = null;

  get isEmpty(): boolean {
    return this.rest === null;
  }

  /**
   * Writes `[from, to)`, and keeps what the socket does not take: a view of `bytes`, or a copy when `isScratch` says that
   * they will be overwritten. False when something was kept.
   */
  write(socket: WireSocket, bytes: Buffer, from: number, to: number, isScratch: boolean): boolean {
    if (this.rest !== null) {
      this.rest = Buffer.concat([this.rest, bytes.subarray(from, to)]);
      return false;
    }
    if (from === to) return true;
    const written = Math.max(0, socket.write(bytes, from, to - from));
    if (written === to - from) return true;
    const rest = bytes.subarray(from + written, to);
    this.rest = isScratch ? Buffer.from(rest) : rest;
    return false;
  }

  /** The socket takes bytes again. True when all are gone. */
  flush(socket: WireSocket): boolean {
    if (this.rest === null) return true;
    const { rest } = this;
    const written = Math.max(0, socket.write(rest, 0, rest.length));
    this.rest = written === rest.length ? null : rest.subarray(written);
    return this.rest === null;
  }

  clear(): void {
    this.rest = null;
  }
}
