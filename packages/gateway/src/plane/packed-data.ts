import type { BodyData } from "../http1/body-scanner.ts";

/**
 * The data of a body without its framing, one read at a time: moved together where it lies, so that a thousand chunks of one
 * byte are one write and not a thousand.
 */
export class PackedData implements BodyData {
  private start = 0;
  /** 0: nothing. */
  private end = 0;

  data(bytes: Buffer, from: number, to: number): void {
    if (this.end === 0) {
      this.start = from;
      this.end = to;
      return;
    }
    bytes.copyWithin(this.end, from, to);
    this.end += to - from;
  }

  /** What there is of this read, as a view of `bytes`, or null. */
  take(bytes: Buffer): Buffer | null {
    const data = this.end === 0 ? null : bytes.subarray(this.start, this.end);
    this.clear();
    return data;
  }

  clear(): void {
    this.end = 0;
  }
}
