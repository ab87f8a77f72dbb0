const HEX = Buffer.from("0123456789abcdef");
export const REQUEST_ID_BYTES = 36;

/**
 * Ids of requests in the form of UUIDv7 (RFC 9562 section 5.7): when, a number that counts up, and random bits of this
 * process. Written as bytes, since every request needs one and hardly any needs it as text.
 */
export class RequestIds {
  private readonly random = Buffer.from(crypto.randomUUID(), "latin1");
  private counter = crypto.getRandomValues(new Uint32Array(1))[0] as number;

  /** The number of the next id. With the time it was asked for it makes the id. */
  next(): number {
    this.counter = (this.counter + 1) >>> 0;
    return this.counter;
  }

  /** `tttttttt-tttt-7ccc-8ccc-ccrrrrrrrrrr`: time in ms, counter, random. */
  write(target: Buffer, at: number, timeMs: number, counter: number): void {
    const { random } = this;
    for (let index = 0; index < REQUEST_ID_BYTES; index++) target[at + index] = random[index] as number;
    let high = Math.floor(timeMs / 65_536);
    for (let index = 7; index >= 0; index--) {
      target[at + index] = HEX[high & 15] as number;
      high >>>= 4;
    }
    let low = timeMs % 65_536;
    for (let index = 12; index >= 9; index--) {
      target[at + index] = HEX[low & 15] as number;
      low >>>= 4;
    }
    target[at + 14] = 0x37; // the version
    target[at + 19] = 0x38; // the variant
    put(target, at + 15, 3, counter >>> 20);
    put(target, at + 20, 3, (counter >>> 8) & 0xfff);
    put(target, at + 24, 2, counter & 0xff);
  }

  text(timeMs: number, counter: number): string {
    const bytes = Buffer.alloc(REQUEST_ID_BYTES);
    this.write(bytes, 0, timeMs, counter);
    return bytes.toString("latin1");
  }
}

function put(target: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let index = digits - 1; index >= 0; index--) {
    target[at + index] = HEX[rest & 15] as number;
    rest >>>= 4;
  }
}
