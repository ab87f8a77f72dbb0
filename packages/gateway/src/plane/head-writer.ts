/** The longest head that either side may send, with room for what is added to it. */
const CAPACITY = 192 * 1024;
/** Bodies up to this are copied behind their head, so that both go out in one write; a longer one is worth its own. */
const SMALL_BODY_BYTES = 64 * 1024;

/** Up to here a loop is faster than a call into the runtime, measured on Bun 1.4. */
const LOOP_BYTES = 48;

/** Where heads are put together: one for the whole process, overwritten by each. */
export class HeadWriter {
  readonly bytes = Buffer.allocUnsafeSlow(CAPACITY);
  length = 0;

  begin(): void {
    this.length = 0;
  }

  copy(source: Buffer, from: number, to: number): void {
    const { bytes, length } = this;
    if (to - from > LOOP_BYTES) source.copy(bytes, length, from, to);
    else for (let index = from; index < to; index++) bytes[length + index - from] = source[index] as number;
    this.length = length + to - from;
  }

  put(source: Buffer): void {
    this.copy(source, 0, source.length);
  }

  /** Of a head's own making: field values are bytes (latin1), never UTF-8. */
  text(text: string): void {
    this.length += this.bytes.write(text, this.length, "latin1");
  }

  /** Ends a line; a second time, the head. */
  endLine(): void {
    this.bytes[this.length++] = 0x0d;
    this.bytes[this.length++] = 0x0a;
  }

  /** Puts a body behind the head when it is small enough. */
  tryBody(source: Buffer, from: number, to: number): boolean {
    if (to - from > SMALL_BODY_BYTES || this.length + to - from > CAPACITY) return false;
    this.copy(source, from, to);
    return true;
  }
}
