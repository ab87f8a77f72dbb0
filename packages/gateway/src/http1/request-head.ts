import {
  ascii,
  CR,
  DOT,
  equalsFolded,
  hasUnderscore,
  LF,
  PATH_SPECIAL,
  QUESTION,
  SLASH,
  SPACE,
  TARGET,
  TOKEN,
} from "./bytes.ts";
import { CLOSE, KEEP_ALIVE, readConnectionOptions, TOO_MANY_OPTIONS, UPGRADE_OPTION } from "./connection-options.ts";
import { FieldList, INCOMPLETE, MALFORMED, type UNSUPPORTED_CODING, UNSUPPORTED_VERSION } from "./field-list.ts";
import {
  EXPECT,
  HOST,
  PROXY_ONLY,
  REQUEST_FIELDS,
  UPGRADE,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_PROTO,
} from "./fields.ts";
import { type BodyKind, CHUNKED, Framing, LENGTH, NO_BODY } from "./framing.ts";

const MAX_METHOD_BYTES = 24;
const VERSION = ascii("HTTP/1.");
const WEBSOCKET = ascii("websocket");
const HEAD = ascii("HEAD");
const GET = ascii("GET");
const CONNECT = ascii("CONNECT");
const IDEMPOTENT = ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].map(ascii);

/**
 * The head of one request as offsets into its bytes. One instance reads one head after another; what is needed longer is
 * copied out of it. Nothing here makes strings, except when asked.
 */
export class RequestHead {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  methodEnd = 0;
  target = 0;
  /** Of the path, without the query. */
  pathEnd = 0;
  targetEnd = 0;
  /** Behind the empty line. */
  end = 0;
  /** Of HTTP/1.x */
  minor = 1;
  host = 0;
  hostEnd = 0;
  body: BodyKind = NO_BODY;
  /** 0 unless `body` is LENGTH. */
  contentLength = 0;
  isHead = false;
  /** It may be sent twice. Source: RFC 9110 section 9.2.2. */
  isIdempotent = false;
  isWebSocket = false;
  expectsContinue = false;
  /** The client wants the connection to end after this, or cannot do otherwise. */
  closes = false;
  /** The path holds bytes that upstreams may decode or normalise. */
  isPathSpecial = false;
  /** Of the last head that was refused; a sentence for people. */
  problem = "";
  readonly fields = new FieldList();
  private readonly framing = new Framing();

  /** Reads a head that begins at `start` and returns the offset behind it, or one of the codes of field-list.ts. */
  read(bytes: Buffer, start: number, end: number): number {
    this.bytes = bytes;
    // An empty line left behind by the request before this one. Source: RFC 9112 section 2.2.
    if (bytes[start] === CR && start + 1 === end) return INCOMPLETE;
    let at = bytes[start] === CR && bytes[start + 1] === LF ? start + 2 : start;
    this.start = at;
    at = this.readRequestLine(bytes, at, end);
    if (at <= 0) return at;
    this.problem = "A header line is not valid.";
    at = this.fields.read(bytes, at, end, REQUEST_FIELDS);
    if (at <= 0) return at;
    this.end = at;
    return this.readMeaning(bytes) || at;
  }

  /** Of one field, several lines joined by commas; null without it. `name` is in lower case. */
  header(name: string): string | null {
    const word = Buffer.from(name, "latin1");
    let value: string | null = null;
    for (let index = 0; index < this.fields.count; index++) {
      if (!equalsFolded(this.bytes, this.fields.line(index), this.fields.nameEnd(index), word)) continue;
      const part = this.bytes.toString("latin1", this.fields.value(index), this.fields.valueEnd(index));
      value = value === null ? part : `${value}, ${part}`;
    }
    return value;
  }

  private readRequestLine(bytes: Buffer, from: number, end: number): number {
    let at = from;
    this.problem = "The method is not one that is passed on here.";
    while (at < end && TOKEN[bytes[at] as number] === 1 && !isLowerCase(bytes[at] as number)) at++;
    if (at - from > MAX_METHOD_BYTES) return MALFORMED;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== SPACE || at === from) return MALFORMED;
    if (isWord(bytes, from, at, CONNECT)) return MALFORMED; // a 2xx answer to it would be a tunnel, RFC 9110 section 9.3.6
    this.methodEnd = at;
    this.target = ++at;
    if (at >= end) return INCOMPLETE;
    this.problem = "The request target must be a path.";
    if (bytes[at] !== SLASH) return MALFORMED;
    at = this.readTarget(bytes, at, end);
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== SPACE) return MALFORMED;
    this.targetEnd = at;
    return this.readVersion(bytes, at + 1, end);
  }

  private readTarget(bytes: Buffer, from: number, end: number): number {
    let at = from;
    let special = 0;
    while (at < end && bytes[at] !== QUESTION && TARGET[bytes[at] as number] === 1) {
      special |= PATH_SPECIAL[bytes[at] as number] as number;
      if (bytes[at] === SLASH && (bytes[at + 1] === SLASH || bytes[at + 1] === DOT)) special = 1;
      at++;
    }
    this.pathEnd = at;
    this.isPathSpecial = special === 1;
    while (at < end && TARGET[bytes[at] as number] === 1) at++;
    return at;
  }

  private readVersion(bytes: Buffer, from: number, end: number): number {
    this.problem = "This is not a valid HTTP/1.1 request.";
    for (let index = 0; index < VERSION.length; index++) {
      if (from + index >= end) return INCOMPLETE;
      if (bytes[from + index] === VERSION[index]) continue;
      return index >= 5 ? UNSUPPORTED_VERSION : MALFORMED; // `HTTP/` and then another number
    }
    const at = from + VERSION.length;
    if (at + 2 >= end) return INCOMPLETE;
    this.minor = (bytes[at] as number) - 0x30;
    if (this.minor !== 0 && this.minor !== 1) return UNSUPPORTED_VERSION;
    return bytes[at + 1] === CR && bytes[at + 2] === LF ? at + 3 : MALFORMED;
  }

  /** 0, or why the fields together make no request. */
  private readMeaning(bytes: Buffer): number {
    const { fields } = this;
    let hosts = 0;
    let upgrades = 0;
    let isWebSocketUpgrade = false;
    this.expectsContinue = false;
    for (let index = 0; index < fields.count; index++) {
      switch (fields.kind(index)) {
        case HOST:
          hosts++;
          this.host = fields.value(index);
          this.hostEnd = fields.valueEnd(index);
          break;
        case UPGRADE:
          upgrades++;
          isWebSocketUpgrade = equalsFolded(bytes, fields.value(index), fields.valueEnd(index), WEBSOCKET);
          break;
        case EXPECT:
          this.expectsContinue = true;
          break;
        case X_FORWARDED_FOR:
        case X_FORWARDED_HOST:
        case X_FORWARDED_PROTO:
          if (hasUnderscore(bytes, fields.line(index), fields.nameEnd(index))) fields.setKind(index, PROXY_ONLY);
      }
    }
    this.problem = "A request has exactly one Host header.";
    if (hosts !== 1) return MALFORMED;
    this.problem = "The Connection header has too many options.";
    const options = readConnectionOptions(bytes, fields);
    if (options === TOO_MANY_OPTIONS) return MALFORMED;
    this.closes = (options & CLOSE) !== 0 || (this.minor === 0 && (options & KEEP_ALIVE) === 0);
    const refused = this.readBody(bytes);
    if (refused !== 0) return refused;
    const isGet = isWord(bytes, this.start, this.methodEnd, GET);
    this.isHead = !isGet && isWord(bytes, this.start, this.methodEnd, HEAD);
    this.isIdempotent = isGet || IDEMPOTENT.some((method) => isWord(bytes, this.start, this.methodEnd, method));
    this.isWebSocket = (options & UPGRADE_OPTION) !== 0 && upgrades === 1 && isWebSocketUpgrade;
    if (!this.isWebSocket) return 0;
    this.problem = "A WebSocket starts with an HTTP/1.1 GET request without a body.";
    return isGet && this.body === NO_BODY && this.minor === 1 ? 0 : MALFORMED;
  }

  private readBody(bytes: Buffer): 0 | typeof MALFORMED | typeof UNSUPPORTED_CODING {
    const { framing } = this;
    this.problem = "The length of the request body is ambiguous.";
    const refused = framing.read(bytes, this.fields);
    if (refused !== 0) return refused;
    if (framing.isChunked && this.minor === 0) return MALFORMED; // RFC 9112 section 6.1
    this.body = framing.isChunked ? CHUNKED : framing.length > 0 ? LENGTH : NO_BODY;
    this.contentLength = Math.max(0, framing.length);
    return 0;
  }
}

const isLowerCase = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;

/** Methods are compared as they are: they are case-sensitive (RFC 9110 section 9.1). */
function isWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) if (bytes[start + index] !== word[index]) return false;
  return true;
}
