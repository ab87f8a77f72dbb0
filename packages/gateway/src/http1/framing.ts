import { ascii, CR, DIGIT_0, DIGIT_9, equalsFolded, HTAB, hasUnderscore } from "./bytes.ts";
import { type FieldList, MALFORMED, UNSUPPORTED_CODING } from "./field-list.ts";
import { CONTENT_LENGTH, HOP, TRANSFER_ENCODING } from "./fields.ts";

/** How a body ends. */
export const NO_BODY = 0;
export const LENGTH = 1;
export const CHUNKED = 2;
/** With the connection; responses only. */
export const UNTIL_CLOSE = 3;

export type BodyKind = number;

/** A whole number in a double, with room: 999 TB. */
const MAX_LENGTH_DIGITS = 15;
const CHUNKED_CODING = ascii("chunked");

/** What the framing fields of a head say. One instance is used again and again. */
export class Framing {
  /** -1 when there is none. */
  length = -1;
  isChunked = false;

  /**
   * Reads Content-Length and Transfer-Encoding of either kind of message, or returns why not. Everything that two parsers
   * could read differently is refused: both at once, any second line, lists, signs, other codings (RFC 9112 section 6.3).
   */
  read(bytes: Uint8Array, fields: FieldList): 0 | typeof MALFORMED | typeof UNSUPPORTED_CODING {
    this.length = -1;
    this.isChunked = false;
    for (let index = 0; index < fields.count; index++) {
      const kind = fields.kind(index);
      if (kind !== CONTENT_LENGTH && kind !== TRANSFER_ENCODING) continue;
      // `Content_Length` frames nothing here, and must not frame anything behind us either.
      if (hasUnderscore(bytes, fields.line(index), fields.nameEnd(index))) {
        fields.setKind(index, HOP);
        continue;
      }
      if (this.isChunked || this.length !== -1) return MALFORMED;
      const value = fields.value(index);
      const end = fields.valueEnd(index);
      if (kind === TRANSFER_ENCODING) {
        if (value === end) return MALFORMED;
        // nginx and Node take no tab for a blank here, so what is one request to us could be another one to them.
        if (bytes.subarray(fields.nameEnd(index), bytes.indexOf(CR, end)).includes(HTAB)) return UNSUPPORTED_CODING;
        if (!equalsFolded(bytes, value, end, CHUNKED_CODING)) return UNSUPPORTED_CODING;
        this.isChunked = true;
      } else {
        this.length = readLength(bytes, value, end);
        if (this.length === -1) return MALFORMED;
      }
    }
    return 0;
  }
}

function readLength(bytes: Uint8Array, from: number, to: number): number {
  if (to === from || to - from > MAX_LENGTH_DIGITS) return -1;
  let length = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < DIGIT_0 || byte > DIGIT_9) return -1;
    length = length * 10 + (byte - DIGIT_0);
  }
  return length;
}
