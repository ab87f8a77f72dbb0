import { ascii, CR, DIGIT_0, FIELD_VALUE, LF, SPACE } from "./bytes.ts";
import { CLOSE, KEEP_ALIVE, readConnectionOptions, TOO_MANY_OPTIONS } from "./connection-options.ts";
import { FieldList, INCOMPLETE, MALFORMED } from "./field-list.ts";
import { CONTENT_LENGTH, CONTENT_TYPE, HOP, RESPONSE_FIELDS, TRANSFER_ENCODING } from "./fields.ts";
import { type BodyKind, CHUNKED, Framing, LENGTH, NO_BODY, UNTIL_CLOSE } from "./framing.ts";

const VERSION = ascii("HTTP/1.");
const EVENT_STREAM = ascii("text/event-stream");

/** The head of one response as offsets into its bytes. As strict as for requests: what is ambiguous is a bad gateway. */
export class ResponseHead {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  /** Behind the status line. */
  lineEnd = 0;
  /** Behind the empty line. */
  end = 0;
  status = 0;
  body: BodyKind = NO_BODY;
  /** 0 unless `body` is LENGTH. */
  contentLength = 0;
  /** The upstream ends the connection after this response. */
  closes = false;
  isEventStream = false;
  readonly fields = new FieldList();
  private readonly framing = new Framing();

  /** Reads a head for a request with or without the method HEAD; the offset behind it, INCOMPLETE or MALFORMED. */
  read(bytes: Buffer, start: number, end: number, isHead: boolean): number {
    this.bytes = bytes;
    this.start = start;
    const line = this.readStatusLine(bytes, start, end);
    if (line <= 0) return line;
    this.lineEnd = line;
    const at = this.fields.read(bytes, line, end, RESPONSE_FIELDS);
    if (at <= 0) return at === INCOMPLETE ? INCOMPLETE : MALFORMED;
    this.end = at;
    const isOld = bytes[start + VERSION.length] === DIGIT_0;
    const options = readConnectionOptions(bytes, this.fields);
    if (options === TOO_MANY_OPTIONS) return MALFORMED;
    this.closes = (options & CLOSE) !== 0 || (isOld && (options & KEEP_ALIVE) === 0);
    if (this.framing.read(bytes, this.fields) !== 0) return MALFORMED;
    if (this.framing.isChunked && isOld) return MALFORMED; // RFC 9112 section 6.1
    this.frame(isHead);
    this.isEventStream = this.startsEventStream();
    return at;
  }

  /** Also of an answer without a body, which tells how it would have come. */
  get namesChunks(): boolean {
    return this.framing.isChunked;
  }

  get isInterim(): boolean {
    return this.status < 200;
  }

  /** Source: RFC 9112 section 6.3. */
  private frame(isHead: boolean): void {
    this.contentLength = 0;
    if (isHead || this.status < 200 || this.status === 204 || this.status === 304) {
      this.body = NO_BODY;
      // 1xx and 204 have no framing fields (RFC 9110 section 8.6, RFC 9112 section 6.1).
      if (this.status < 200 || this.status === 204) this.dropFraming();
      return;
    }
    if (this.framing.isChunked) this.body = CHUNKED;
    else if (this.framing.length === -1) this.body = UNTIL_CLOSE;
    else {
      this.body = this.framing.length > 0 ? LENGTH : NO_BODY;
      this.contentLength = this.framing.length;
    }
    if (this.body === UNTIL_CLOSE) this.closes = true;
  }

  private dropFraming(): void {
    for (let index = 0; index < this.fields.count; index++) {
      const kind = this.fields.kind(index);
      if (kind === CONTENT_LENGTH || kind === TRANSFER_ENCODING) this.fields.setKind(index, HOP);
    }
  }

  private readStatusLine(bytes: Buffer, from: number, end: number): number {
    for (let index = 0; index < VERSION.length; index++) {
      if (from + index >= end) return INCOMPLETE;
      if (bytes[from + index] !== VERSION[index]) return MALFORMED;
    }
    let at = from + VERSION.length;
    if (at + 4 >= end) return INCOMPLETE;
    const minor = (bytes[at] as number) - DIGIT_0;
    if ((minor !== 0 && minor !== 1) || bytes[at + 1] !== SPACE) return MALFORMED;
    this.status = readStatus(bytes, at + 2);
    if (this.status === -1) return MALFORMED;
    at += 5;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] === SPACE) {
      while (at < end && FIELD_VALUE[bytes[at] as number] === 1) at++;
    }
    if (at + 1 >= end) return at < end && bytes[at] !== CR ? MALFORMED : INCOMPLETE;
    return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : MALFORMED;
  }

  private startsEventStream(): boolean {
    const field = this.fields.find(CONTENT_TYPE);
    if (field === -1) return false;
    const value = this.fields.value(field);
    if (this.fields.valueEnd(field) - value < EVENT_STREAM.length) return false;
    for (let index = 0; index < EVENT_STREAM.length; index++) {
      if (((this.bytes[value + index] as number) | 0x20) !== ((EVENT_STREAM[index] as number) | 0x20)) return false;
    }
    return true;
  }
}

/** Three digits from 100; -1 for anything else. */
function readStatus(bytes: Buffer, at: number): number {
  let status = 0;
  for (let index = 0; index < 3; index++) {
    const digit = (bytes[at + index] as number) - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return -1;
    status = status * 10 + digit;
  }
  return status >= 100 ? status : -1;
}
