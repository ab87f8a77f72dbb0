import {
  ACCEPT_RANGES,
  CONNECTION,
  CONTENT_ENCODING,
  CONTENT_LENGTH,
  ETAG,
  HOP,
  PROXY_ONLY,
  STRICT_TRANSPORT_SECURITY,
  TRANSFER_ENCODING,
  UPGRADE,
  VARY,
} from "../http1/fields.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { weakenEtag } from "../policies/compression.ts";
import type { HeadWriter } from "./head-writer.ts";

const REQUEST_ID = Buffer.from("X-Request-Id: ");
const CLOSE = Buffer.from("Connection: close\r\n");
const KEEP_ALIVE = Buffer.from("Connection: keep-alive\r\n");
const WEBSOCKET = Buffer.from("Connection: Upgrade\r\nUpgrade: websocket\r\n");

/** Where `1` stands in `HTTP/1.1`. */
const MINOR_VERSION = 7;

/** How the body reaches the client when not as it came. */
export type Reframed = "as it came" | "without chunks" | { encoding: string };

/**
 * Begins the head that the client gets: the upstream's lines as they came, without those that end here. `addsHsts`: the
 * upstream's own Strict-Transport-Security gives way to the policy's.
 */
export function copyResponseHead(writer: HeadWriter, head: ResponseHead, body: Reframed, addsHsts: boolean): void {
  const { bytes, fields } = head;
  writer.begin();
  let from = head.start;
  const isRecoded = typeof body === "object";
  for (let index = 0; index < fields.count; index++) {
    const line = fields.line(index);
    if (endsHere(fields.kind(index), body, isRecoded, addsHsts)) {
      if (from !== -1) writer.copy(bytes, from, line);
      from = -1;
    } else if (from === -1) from = line;
  }
  if (from !== -1) writer.copy(bytes, from, head.end - 2);
  writer.bytes[MINOR_VERSION] = 0x31; // what we speak, whatever the upstream does
  if (isRecoded) writeRecoded(writer, head, body.encoding);
}

/** The caller adds the id itself and ends the line. */
export const addRequestIdName = (writer: HeadWriter): void => writer.put(REQUEST_ID);
export const addClose = (writer: HeadWriter): void => writer.put(CLOSE);
/** For HTTP/1.0 clients that asked for it. */
export const addKeepAlive = (writer: HeadWriter): void => writer.put(KEEP_ALIVE);
export const addWebSocket = (writer: HeadWriter): void => writer.put(WEBSOCKET);

function endsHere(kind: number, body: Reframed, isRecoded: boolean, addsHsts: boolean): boolean {
  switch (kind) {
    case CONNECTION:
    case UPGRADE:
    case HOP:
    case PROXY_ONLY:
      return true;
    case TRANSFER_ENCODING:
      return body !== "as it came";
    case CONTENT_ENCODING: // `identity`: others are not recoded
    case CONTENT_LENGTH:
    case ETAG:
    case VARY:
    case ACCEPT_RANGES: // of the bytes that the upstream has, not of these
      return isRecoded;
    case STRICT_TRANSPORT_SECURITY:
      return addsHsts;
    default:
      return false;
  }
}

/** Another coding of the same thing: its length is not known, and only a weak validator holds (RFC 9110 section 8.8.1). */
function writeRecoded(writer: HeadWriter, { bytes, fields }: ResponseHead, encoding: string): void {
  const values = (kind: number): string[] => {
    const found: string[] = [];
    for (let index = 0; index < fields.count; index++) {
      if (fields.kind(index) === kind)
        found.push(bytes.toString("latin1", fields.value(index), fields.valueEnd(index)));
    }
    return found;
  };
  const [etag] = values(ETAG);
  if (etag !== undefined) writer.text(`ETag: ${weakenEtag(etag)}\r\n`);
  writer.text(`Vary: ${[...values(VARY), "Accept-Encoding"].join(", ")}\r\n`);
  writer.text(`Content-Encoding: ${encoding}\r\nTransfer-Encoding: chunked\r\n`);
}
