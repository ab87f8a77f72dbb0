import type { WireSocket } from "./wire-socket.ts";

/** A read of this size says that more is waiting. Bun reads on from the same socket, up to 65 times, before it looks at others. */
const FULL_READ_BYTES = 64 * 1024;

/**
 * Whether one socket is read. It is not while its bytes have nowhere to go, and for a moment after each large read: one
 * endless body would else keep everybody waiting for 50 ms and more (measured on Bun 1.4.5; with it 5 ms).
 */
export class Flow {
  private isHeld = false;
  private isGivingWay = false;
  private isOver = false;

  constructor(private readonly socket: WireSocket) {}

  /** There is nowhere to go for its bytes. */
  get isPaused(): boolean {
    return this.isHeld;
  }

  pause(): void {
    if (this.isHeld || this.isOver) return;
    this.isHeld = true;
    if (!this.isGivingWay) this.socket.pause();
  }

  resume(): void {
    if (!this.isHeld || this.isOver) return;
    this.isHeld = false;
    if (!this.isGivingWay) this.socket.resume();
  }

  /** So many bytes were read at once: after large ones others are looked at first. */
  took(byteCount: number): void {
    if (byteCount < FULL_READ_BYTES || this.isHeld || this.isGivingWay || this.isOver) return;
    this.isGivingWay = true;
    this.socket.pause();
    setImmediate(this.goOn);
  }

  /** The socket is closed, or will be. */
  end(): void {
    this.isOver = true;
  }

  private readonly goOn = (): void => {
    this.isGivingWay = false;
    if (!this.isHeld && !this.isOver) this.socket.resume();
  };
}
