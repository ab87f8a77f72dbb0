/** A field line: its name as it was spelled, its value without the white space around it. */
export type Field = readonly [name: string, value: string];

export type HttpMessage = {
  startLine: string;
  fields: Field[];
  framing: "none" | "length" | "chunked" | "close";
  /** Without chunk framing. */
  body: string;
  trailers: Field[];
};

export type Reading = { message: HttpMessage; end: number };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads one request from `from` on, as the strictest upstream would (RFC 9112): what two servers could read differently is
 * an error here, never a guess. Strings are latin1, one character per byte. Null: there is not all of it yet.
 *
 * @throws {Error} when the bytes are no unambiguous HTTP/1.1 request
 */
export function readRequest(text: string, from: number): Reading | null {
  const head = readHead(text, from);
  if (head === null) return null;
  if (!/^\S+ \S+ HTTP\/1\.1$/.test(head.startLine))
    throw new Error(`No request line: ${JSON.stringify(head.startLine)}`);
  return readBody(text, head, framingOf(head.fields) ?? { kind: "none" });
}

/**
 * Reads one response to a request with this method; an interim one (1xx) counts as a response. `isClosed`: no more bytes come.
 *
 * @throws {Error} when the bytes are no unambiguous HTTP/1.1 response
 */
export function readResponse(text: string, from: number, method: string, isClosed: boolean): Reading | null {
  const head = readHead(text, from);
  if (head === null) return null;
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) /.exec(head.startLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`No status line: ${JSON.stringify(head.startLine)}`);
  const framing = framingOf(head.fields);
  if (method === "HEAD" || status < 200 || status === 204 || status === 304)
    return readBody(text, head, { kind: "none" });
  if (framing !== null) return readBody(text, head, framing);
  if (!isClosed) return null;
  const { startLine, fields, end } = head;
  const message: HttpMessage = { startLine, fields, framing: "close", body: text.slice(end), trailers: [] };
  return { message, end: text.length };
}

/** The values of a field, in order, whatever the case of its name. */
export function valuesOf(message: HttpMessage, name: string): string[] {
  return message.fields.filter(([given]) => given.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

type Head = { startLine: string; fields: Field[]; end: number };
type Framing = { kind: "none" } | { kind: "length"; length: number } | { kind: "chunked" };

function readHead(text: string, from: number): Head | null {
  const end = text.indexOf("\r\n\r\n", from);
  if (end === -1) return null;
  const [startLine = "", ...lines] = text.slice(from, end).split("\r\n");
  return { startLine, fields: lines.map(readField), end: end + 4 };
}

function readField(line: string): Field {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0));
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what is looked for
  if (!TOKEN.test(name) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new Error(`No field: ${JSON.stringify(line)}`);
  return [name, value];
}

function framingOf(fields: readonly Field[]): Framing | null {
  const valuesOfField = (wanted: string) =>
    fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  const lengths = valuesOfField("content-length");
  const codings = valuesOfField("transfer-encoding");
  if (lengths.length + codings.length > 1) throw new Error(`Two framings: ${[...lengths, ...codings].join(" and ")}`);
  if (codings[0] !== undefined) {
    if (codings[0].toLowerCase() !== "chunked") throw new Error(`Transfer-Encoding: ${codings[0]}`);
    return { kind: "chunked" };
  }
  if (lengths[0] === undefined) return null;
  if (!/^\d{1,15}$/.test(lengths[0])) throw new Error(`Content-Length: ${lengths[0]}`);
  return { kind: "length", length: Number(lengths[0]) };
}

function readBody(text: string, { startLine, fields, end }: Head, framing: Framing): Reading | null {
  const message: HttpMessage = { startLine, fields, framing: framing.kind, body: "", trailers: [] };
  if (framing.kind === "none") return { message, end };
  if (framing.kind === "chunked") return readChunks(text, message, end);
  if (text.length < end + framing.length) return null;
  return { message: { ...message, body: text.slice(end, end + framing.length) }, end: end + framing.length };
}

function readChunks(text: string, message: HttpMessage, from: number): Reading | null {
  let body = "";
  for (let at = from; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const line = text.slice(at, lineEnd);
    if (!/^[0-9a-f]{1,16}([ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/i.test(line))
      throw new Error(`No chunk: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) return readTrailers(text, { ...message, body }, at);
    if (text.length < at + size + 2) return null;
    if (text.slice(at + size, at + size + 2) !== "\r\n") throw new Error("A chunk does not end where it says.");
    body += text.slice(at, at + size);
    at += size + 2;
  }
}

function readTrailers(text: string, message: HttpMessage, from: number): Reading | null {
  if (text.startsWith("\r\n", from)) return { message, end: from + 2 };
  const end = text.indexOf("\r\n\r\n", from);
  if (end === -1) return null;
  return { message: { ...message, trailers: text.slice(from, end).split("\r\n").map(readField) }, end: end + 4 };
}
