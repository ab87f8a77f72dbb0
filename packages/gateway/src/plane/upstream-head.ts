import type { FieldList } from "../http1/field-list.ts";
import {
  AUTHORIZATION,
  CONNECTION,
  COOKIE,
  HOP,
  PROXY_ONLY,
  UPGRADE,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_PROTO,
} from "../http1/fields.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { withoutCookies } from "./cookies.ts";
import type { HeadWriter } from "./head-writer.ts";

/** Where the line's `1.0` ends, from the end of the line. */
const MINOR_FROM_END = 3;
const WEBSOCKET = Buffer.from("Connection: Upgrade\r\nUpgrade: websocket\r\n");

/** What a policy changed about the request. */
export type Amendments = {
  readonly headers: readonly (readonly [string, string])[];
  readonly dropAuthorization: boolean;
  readonly dropCookies: readonly string[];
};

/**
 * Writes the head that the upstream gets: the client's lines as they came, without those that end here and those that only
 * we may say, then what a policy adds and `forwarded`, which ends with the name of the request id's field. The caller adds
 * the id and the empty line.
 */
export function writeUpstreamHead(
  writer: HeadWriter,
  head: RequestHead,
  forwarded: Buffer,
  amendments: Amendments | null,
): void {
  const { bytes, fields } = head;
  const afterLine = head.fields.line(0); // there is a Host at least
  writer.begin();
  copyLines(writer, head, amendments);
  writer.bytes[afterLine - head.start - MINOR_FROM_END] = 0x31; // what we speak, whatever the client does
  if (head.isWebSocket) writer.put(WEBSOCKET);
  if (amendments !== null) {
    for (const [name, value] of amendments.headers) writer.text(`${name}: ${value}\r\n`);
    if (amendments.dropCookies.length > 0) writer.text(cookieLine(bytes, fields, amendments.dropCookies));
  }
  writer.put(forwarded);
}

/** The request line and the fields that go on; neighbours are copied together. */
function copyLines(
  writer: HeadWriter,
  { bytes, fields, start, end }: RequestHead,
  amendments: Amendments | null,
): void {
  let from = start;
  for (let index = 0; index < fields.count; index++) {
    const line = fields.line(index);
    if (staysHere(fields.kind(index), amendments)) {
      if (from !== -1) writer.copy(bytes, from, line);
      from = -1;
    } else if (from === -1) from = line;
  }
  if (from !== -1) writer.copy(bytes, from, end - 2);
}

function staysHere(kind: number, amendments: Amendments | null): boolean {
  switch (kind) {
    case CONNECTION:
    case UPGRADE:
    case HOP:
    case PROXY_ONLY:
    case X_FORWARDED_FOR:
    case X_FORWARDED_PROTO:
    case X_FORWARDED_HOST:
      return true;
    case AUTHORIZATION:
      return amendments?.dropAuthorization === true;
    case COOKIE:
      return amendments !== null && amendments.dropCookies.length > 0;
    default:
      return false;
  }
}

function cookieLine(bytes: Buffer, fields: FieldList, names: readonly string[]): string {
  const kept: string[] = [];
  for (let index = 0; index < fields.count; index++) {
    if (fields.kind(index) !== COOKIE) continue;
    const value = withoutCookies(bytes.toString("latin1", fields.value(index), fields.valueEnd(index)), names);
    if (value !== "") kept.push(value);
  }
  return kept.length === 0 ? "" : `Cookie: ${kept.join("; ")}\r\n`;
}
