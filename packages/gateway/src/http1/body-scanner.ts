import { COLON, CR, FIELD_VALUE, HEX, LF, SEMICOLON, TOKEN } from "./bytes.ts";
import { PLAIN, TRAILER_FIELDS } from "./fields.ts";
import { type BodyKind, CHUNKED, LENGTH, NO_BODY } from "./framing.ts";

/** What `scan` gives instead of the offset behind the body. */
export const CONTINUES = -1;
export const BROKEN = -2;

/** 2^53 has 14 hex digits; more than 13 is nobody's chunk. */
const MAX_SIZE_DIGITS = 13;
/** Nobody needs extensions; they are passed on as they are, in bounds. */
const MAX_EXTENSION_BYTES = 256;
const MAX_TRAILER_BYTES = 8 * 1024;
const MAX_TRAILER_NAME = 64;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const END_LF = 10;

/** Takes the data of a body without its framing. */
export interface BodyData {
  data(bytes: Buffer, from: number, to: number): void;
}

/**
 * Finds the end of a body in bytes that are passed on as they are. Strict about chunks (RFC 9112 section 7.1): CRLF only,
 * plain hex sizes, extensions and trailers within bounds, no trailer that says what only a head may say.
 */
export class BodyScanner {
  /** Of the body so far, with its framing. */
  byteCount = 0;
  /** Without it. */
  dataCount = 0;
  private kind: BodyKind = NO_BODY;
  private state = SIZE;
  /** Bytes left of the body, or of the chunk. */
  private left = 0;
  private digits = 0;
  private extra = 0;
  private name: Uint8Array | null = null;
  private nameLength = 0;
  private sink: BodyData | null = null;

  /** `sink` gets the data of a body that has a length or comes in chunks. */
  begin(kind: BodyKind, length: number, sink: BodyData | null = null): void {
    this.kind = kind;
    this.left = length;
    this.byteCount = 0;
    this.dataCount = 0;
    this.state = SIZE;
    this.digits = 0;
    this.extra = 0;
    this.sink = sink;
  }

  /** The offset behind the body when it ends in `[from, end)`, CONTINUES, or BROKEN: nothing more may be passed on. */
  scan(bytes: Buffer, from: number, end: number): number {
    const result = this.find(bytes, from, end);
    this.byteCount += (result >= 0 ? result : end) - from;
    return result;
  }

  private find(bytes: Buffer, from: number, end: number): number {
    if (this.kind === NO_BODY) return from;
    if (this.kind === CHUNKED) return this.findChunks(bytes, from, end);
    if (this.kind !== LENGTH) return CONTINUES;
    const to = this.takeData(bytes, from, end);
    return this.left === 0 ? to : CONTINUES;
  }

  /** The offset behind the data that is awaited and here. */
  private takeData(bytes: Buffer, from: number, end: number): number {
    const to = from + Math.min(this.left, end - from);
    if (this.sink !== null && to > from) this.sink.data(bytes, from, to);
    this.dataCount += to - from;
    this.left -= to - from;
    return to;
  }

  private findChunks(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end) {
      if (this.state === DATA) {
        at = this.takeData(bytes, at, end);
        if (this.left === 0) this.state = DATA_CR;
        continue;
      }
      const byte = bytes[at++] as number;
      const isWhole = this.state === END_LF && byte === LF;
      if (isWhole) return at;
      if (!this.step(byte)) return BROKEN;
    }
    return CONTINUES;
  }

  /** One byte of the framing; false when it is not allowed here. */
  private step(byte: number): boolean {
    switch (this.state) {
      case SIZE:
        return this.readSize(byte);
      case EXTENSION:
        if (byte === CR) return this.go(SIZE_LF);
        return FIELD_VALUE[byte] === 1 && ++this.extra <= MAX_EXTENSION_BYTES;
      case SIZE_LF:
        this.digits = 0;
        this.extra = 0;
        return byte === LF && this.go(this.left === 0 ? TRAILER : DATA);
      case DATA_CR:
        return byte === CR && this.go(DATA_LF);
      case DATA_LF:
        return byte === LF && this.go(SIZE);
      case TRAILER:
        if (byte === CR) return this.go(END_LF);
        this.nameLength = 0;
        this.state = TRAILER_NAME;
        return this.readTrailerName(byte);
      case TRAILER_NAME:
        return this.readTrailerName(byte);
      case TRAILER_VALUE:
        if (byte === CR) return this.go(TRAILER_LF);
        return FIELD_VALUE[byte] === 1 && ++this.extra <= MAX_TRAILER_BYTES;
      case TRAILER_LF:
        return byte === LF && this.go(TRAILER);
      default:
        return false;
    }
  }

  private go(state: number): true {
    this.state = state;
    return true;
  }

  private readSize(byte: number): boolean {
    const digit = HEX[byte] as number;
    if (digit !== 255) {
      this.left = (this.digits === 0 ? 0 : this.left * 16) + digit;
      return ++this.digits <= MAX_SIZE_DIGITS;
    }
    if (this.digits === 0) return false;
    if (byte === CR) return this.go(SIZE_LF);
    // RFC 9112 section 7.1.1 lets blanks stand before an extension; alone they are what parsers disagree about.
    return byte === SEMICOLON && this.go(EXTENSION);
  }

  private readTrailerName(byte: number): boolean {
    if (++this.extra > MAX_TRAILER_BYTES) return false;
    this.name ??= new Uint8Array(MAX_TRAILER_NAME);
    if (byte === COLON) {
      const isAllowed = this.nameLength > 0 && TRAILER_FIELDS.classify(this.name, 0, this.nameLength) === PLAIN;
      return isAllowed && this.go(TRAILER_VALUE);
    }
    if (TOKEN[byte] !== 1 || this.nameLength === MAX_TRAILER_NAME) return false;
    this.name[this.nameLength++] = byte;
    return true;
  }
}
