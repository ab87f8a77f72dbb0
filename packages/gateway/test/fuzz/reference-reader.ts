/**
 * A second reading of HTTP/1.1 from RFC 9110 and 9112, with regular expressions and splits on latin1 text: slow and plain. The
 * readers of `src/http1` have to come to the same result. Null: refused, or incomplete.
 */

export type Framing = { body: "none" | "length" | "chunked" | "until close"; length: number };

export type RequestFacts = Framing & {
  end: number;
  method: string;
  path: string;
  target: string;
  minor: number;
  host: string;
  isWebSocket: boolean;
  closes: boolean;
};

export type ResponseFacts = Framing & { end: number; status: number; closes: boolean };

type Field = { name: string; raw: string; value: string };
type Head = { start: string; fields: Field[]; end: number };

const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;
const REQUEST_LINE =
  /^([!#$%&'*+\-.^_`|~0-9A-Z]{1,24}) ((\/[^\0-\x20\x7f#?]*)(?:\?[^\0-\x20\x7f#]*)?) HTTP\/1\.([01])$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const CHUNK = /([0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]{0,256})?\r\n/y;
const TRAILER = /([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}):[\t\x20-\x7e\x80-\xff]*\r\n/y;
/** By RFC 9110 section 6.5.1, and what only a proxy may say. */
const NO_TRAILER = new RegExp(
  "^(host|content-length|transfer-encoding|connection|upgrade|keep-alive|proxy-connection|proxy-authenticate|" +
    "proxy-authorization|te|forwarded|proxy|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip|" +
    "x-original-url|x-rewrite-url|x-request-id|authorization|cookie|expect|x-forwarded-.+|x-homeport-.+)$",
);
const MAX_FIELDS = 200;
const MAX_TRAILER_BYTES = 8 * 1024;

export function readRequest(text: string): RequestFacts | null {
  const head = readHead(text, text.startsWith("\r\n") ? 2 : 0);
  const line = REQUEST_LINE.exec(head?.start ?? "");
  if (head === null || line === null) return null;
  const [, method = "", target = "", path = "", digit = ""] = line;
  const hosts = named(head, "host");
  const framing = readFraming(head, digit);
  const [host] = hosts;
  if (method === "CONNECT" || hosts.length !== 1 || host === undefined || framing === null) return null;
  const options = connectionOptions(head);
  if (options === null) return null;
  const [upgrade, ...more] = named(head, "upgrade");
  const isUpgrade = upgrade?.value.toLowerCase() === "websocket" && more.length === 0;
  const isWebSocket = isUpgrade && options.has("upgrade");
  const body = framing.length === 0 && framing.body !== "chunked" ? "none" : framing.body;
  if (isWebSocket && (method !== "GET" || body !== "none" || digit === "0")) return null;
  const closes = options.has("close") || (digit === "0" && !options.has("keep-alive"));
  const { end } = head;
  const { length } = framing;
  return { end, method, target, path, minor: Number(digit), host: host.value, body, length, isWebSocket, closes };
}

export function readResponse(text: string, isHead: boolean): ResponseFacts | null {
  const head = readHead(text, 0);
  const line = STATUS_LINE.exec(head?.start ?? "");
  if (head === null || line === null) return null;
  const [, digit = "", code] = line;
  const status = Number(code);
  const framing = readFraming(head, digit);
  if (framing === null) return null;
  const options = connectionOptions(head);
  if (options === null) return null;
  const hasNoBody = isHead || status < 200 || status === 204 || status === 304;
  const body = hasNoBody || (framing.body === "length" && framing.length === 0) ? "none" : framing.body;
  const closes = options.has("close") || (digit === "0" && !options.has("keep-alive")) || body === "until close";
  return { end: head.end, status, body, length: hasNoBody ? 0 : framing.length, closes };
}

/** A chunked body at the beginning of `text`. */
export function readChunked(text: string): { end: number; data: string } | null {
  let data = "";
  let at = 0;
  for (;;) {
    CHUNK.lastIndex = at;
    const match = CHUNK.exec(text);
    if (match === null) return null;
    const size = Number.parseInt(match[1] ?? "", 16);
    at = CHUNK.lastIndex;
    if (size === 0) break;
    data += text.slice(at, at + size);
    at += size + 2;
    if (text.slice(at - 2, at) !== "\r\n") return null;
  }
  let trailerBytes = 0;
  while (text.slice(at, at + 2) !== "\r\n") {
    TRAILER.lastIndex = at;
    const match = TRAILER.exec(text);
    if (match === null || NO_TRAILER.test(folded(match[1] ?? ""))) return null;
    trailerBytes += match[0].length - 2;
    if (trailerBytes > MAX_TRAILER_BYTES) return null;
    at = TRAILER.lastIndex;
  }
  return { end: at + 2, data };
}

function readHead(text: string, from: number): Head | null {
  const last = text.indexOf("\r\n\r\n", from);
  if (last === -1) return null;
  const [start = "", ...lines] = text.slice(from, last).split("\r\n");
  const fields: Field[] = [];
  for (const line of lines) {
    const [, name, raw = ""] = FIELD.exec(line) ?? [];
    if (name === undefined) return null;
    fields.push({ name: name.toLowerCase(), raw, value: trimmed(raw) });
  }
  return fields.length > MAX_FIELDS ? null : { start, fields, end: last + 4 };
}

/** Exactly one way to find the end, or null. RFC 9112 section 6.3. */
function readFraming(head: Head, minor: string): Framing | null {
  const lengths = named(head, "content-length");
  const codings = named(head, "transfer-encoding");
  if (lengths.length + codings.length > 1) return null;
  const [coding] = codings;
  if (coding !== undefined)
    return minor === "1" && /^ *chunked *$/i.test(coding.raw) ? { body: "chunked", length: 0 } : null;
  const [length] = lengths;
  if (length === undefined) return { body: "until close", length: 0 };
  return /^[0-9]{1,15}$/.test(length.value) ? { body: "length", length: Number(length.value) } : null;
}

/** Null: more than anybody means. Nothing stands behind a last comma. */
function connectionOptions(head: Head): Set<string> | null {
  const lists = named(head, "connection").map(({ value }) => value.replace(/,$/, "").split(","));
  const options = named(head, "connection").flatMap(({ value }, index) => (value === "" ? [] : (lists[index] ?? [])));
  return options.length > 32 ? null : new Set(options.map((option) => folded(trimmed(option))));
}

/** Without the blanks around it. A regular expression would look for their end again from each of them. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && " \t".includes(text.charAt(start))) start++;
  while (end > start && " \t".includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

const named = ({ fields }: Head, name: string): Field[] => fields.filter((field) => field.name === name);

/** `_` counts as `-`, as it does for CGI. */
const folded = (name: string): string => name.toLowerCase().replaceAll("_", "-");
