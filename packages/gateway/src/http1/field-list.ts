import { COLON, CR, FIELD_VALUE, isBlank, LF, TOKEN } from "./bytes.ts";
import { type FieldKind, type FieldNames, HOP, PLAIN, X_FORWARDED_HOST } from "./fields.ts";

/** What reading a head gives instead of the offset behind it: more bytes are needed, or why it is refused. */
export const INCOMPLETE = 0;
export const MALFORMED = -1;
export const TOO_MANY_FIELDS = -2;
export const UNSUPPORTED_VERSION = -3;
export const UNSUPPORTED_CODING = -4;

/** Browsers send about 20. Common servers stop at 100 to 200. */
export const MAX_FIELDS = 200;

/** The fields of one head as offsets into its bytes; read again and again without making objects. */
export class FieldList {
  count = 0;
  /** Four offsets a field: its line, the end of its name, its value without blanks, the end of that. */
  private readonly spans = new Int32Array(4 * MAX_FIELDS);
  private readonly kinds = new Uint8Array(MAX_FIELDS);

  /**
   * Reads fields up to the empty line and returns the offset behind it, or one of the codes above. Strict: CRLF only, no
   * blank before the colon, no folded lines, no control bytes (RFC 9112 sections 2.2 and 5).
   */
  read(bytes: Uint8Array, from: number, end: number, names: FieldNames): number {
    const { spans, kinds } = this;
    this.count = 0;
    let at = from;
    for (;;) {
      if (at >= end) return INCOMPLETE;
      if (bytes[at] === CR) {
        if (at + 1 >= end) return INCOMPLETE;
        return bytes[at + 1] === LF ? at + 2 : MALFORMED;
      }
      const line = at;
      while (at < end && TOKEN[bytes[at] as number] === 1) at++;
      if (at >= end) return INCOMPLETE;
      if (at === line || bytes[at] !== COLON) return MALFORMED;
      const nameEnd = at++;
      while (at < end && isBlank(bytes[at])) at++;
      const value = at;
      while (at < end && FIELD_VALUE[bytes[at] as number] === 1) at++;
      if (at >= end) return INCOMPLETE;
      if (bytes[at] !== CR) return MALFORMED;
      if (at + 1 >= end) return INCOMPLETE;
      if (bytes[at + 1] !== LF) return MALFORMED;
      if (this.count === MAX_FIELDS) return TOO_MANY_FIELDS;
      let valueEnd = at;
      while (valueEnd > value && isBlank(bytes[valueEnd - 1])) valueEnd--;
      const slot = 4 * this.count;
      spans[slot] = line;
      spans[slot + 1] = nameEnd;
      spans[slot + 2] = value;
      spans[slot + 3] = valueEnd;
      kinds[this.count++] = names.classify(bytes, line, nameEnd);
      at += 2;
    }
  }

  kind(index: number): FieldKind {
    return this.kinds[index] as number;
  }

  setKind(index: number, kind: FieldKind): void {
    this.kinds[index] = kind;
  }

  line(index: number): number {
    return this.spans[4 * index] as number;
  }

  nameEnd(index: number): number {
    return this.spans[4 * index + 1] as number;
  }

  value(index: number): number {
    return this.spans[4 * index + 2] as number;
  }

  valueEnd(index: number): number {
    return this.spans[4 * index + 3] as number;
  }

  /** The first field of this kind, or -1. */
  find(kind: FieldKind): number {
    for (let index = 0; index < this.count; index++) {
      if (this.kinds[index] === kind) return index;
    }
    return -1;
  }

  /** Marks plain fields called so, in any case, as ending here. They were named in Connection. */
  dropNamed(bytes: Uint8Array, from: number, to: number): void {
    for (let index = 0; index < this.count; index++) {
      const kind = this.kinds[index];
      const isOurs = kind !== undefined && kind !== PLAIN && kind <= X_FORWARDED_HOST; // read here, or dropped in any case
      if (!isOurs && sameName(bytes, this.line(index), this.nameEnd(index), from, to)) this.kinds[index] = HOP;
    }
  }
}

function sameName(bytes: Uint8Array, start: number, end: number, from: number, to: number): boolean {
  if (end - start !== to - from) return false;
  for (let index = 0; index < end - start; index++) {
    if (lower(bytes[start + index] as number) !== lower(bytes[from + index] as number)) return false;
  }
  return true;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
