import fc from "fast-check";

/** Parts of valid heads and bodies for fast-check, and the text that they make. */

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index));
const VISIBLE = [...range(0x21, 0x7e), ...range(0x80, 0xff)];
const text = (units: readonly string[], minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...units), minLength, maxLength });

export const blanks = text([" ", "\t"], 0, 3);
const spaces = text([" "], 0, 3);

/** Blanks only within it, as those around a value do not belong to it. */
const value = text([...VISIBLE, " ", "\t"], 0, 20).map((value) => value.replaceAll(/^[ \t]+|[ \t]+$/g, ""));

/** `before` and `after` are the blanks around the value. */
export type Field = { name: string; before: string; value: string; after: string };

/** One that means nothing to a proxy. */
const plainField = fc.record<Field>({
  name: text([...TOKEN, ..."abcxyz"], 1, 12).map((name) => `Q${name}`),
  before: blanks,
  value,
  after: blanks,
});

const fieldOf = (name: string, value: fc.Arbitrary<string>, around = blanks): fc.Arbitrary<Field> =>
  fc.record({ name: fc.mixedCase(fc.constant(name)), before: around, value, after: around });

export type Body = { kind: "none" | "length" | "chunked"; length: number };
type Framing = { field: Field | null; body: Body };

const framing: fc.Arbitrary<Framing> = fc.oneof(
  fc.constant<Framing>({ field: null, body: { kind: "none", length: 0 } }),
  fc
    .integer({ min: 1, max: 999_999_999_999_999 })
    .chain((length) => fieldOf("Content-Length", fc.constant(String(length))).map((field) => ({ field, length })))
    .map(({ field, length }) => ({ field, body: { kind: "length" as const, length } })),
  fieldOf("Transfer-Encoding", fc.mixedCase(fc.constant("chunked")), spaces).map((field) => ({
    field,
    body: { kind: "chunked" as const, length: 0 },
  })),
);

/** Plain fields with the given ones somewhere among them. */
function fieldsWith(...own: fc.Arbitrary<Field | null>[]): fc.Arbitrary<Field[]> {
  const keyed = (field: fc.Arbitrary<Field | null>) => fc.tuple(fc.nat(), field);
  const plain = fc.array(keyed(plainField), { maxLength: 8 });
  return fc
    .tuple(plain, ...own.map(keyed))
    .map(([others, ...rest]) => [...others, ...rest].sort(([a], [b]) => a - b).flatMap(([, field]) => field ?? []));
}

export type RequestParts = { method: string; path: string; query: string; fields: Field[]; host: string; body: Body };

export const requestParts: fc.Arbitrary<RequestParts> = fc.record({ framing, host: value }).chain(({ framing, host }) =>
  fc.record({
    method: text([...TOKEN], 1, 24).filter((method) => method !== "CONNECT"),
    path: text(
      VISIBLE.filter((unit) => unit !== "#" && unit !== "?"),
      0,
      20,
    ).map((rest) => `/${rest}`),
    query: fc.oneof(
      fc.constant(""),
      text(
        VISIBLE.filter((unit) => unit !== "#"),
        0,
        10,
      ).map((rest) => `?${rest}`),
    ),
    fields: fieldsWith(fieldOf("Host", fc.constant(host)), fc.constant(framing.field)),
    host: fc.constant(host),
    body: fc.constant(framing.body),
  }),
);

export const requestText = ({ method, path, query, fields }: RequestParts): string =>
  `${method} ${path}${query} HTTP/1.1\r\n${fields.map(lineOf).join("")}\r\n`;

export type ResponseParts = { status: number; reason: string; fields: Field[]; body: Body };

export const responseParts: fc.Arbitrary<ResponseParts> = framing.chain((framing) =>
  fc.record({
    status: fc.integer({ min: 100, max: 999 }),
    reason: fc.oneof(
      fc.constant(""),
      text([...VISIBLE, " ", "\t"], 0, 12).map((reason) => ` ${reason}`),
    ),
    fields: fieldsWith(fc.constant(framing.field)),
    body: fc.constant(framing.body),
  }),
);

export const responseText = ({ status, reason, fields }: ResponseParts): string =>
  `HTTP/1.1 ${status}${reason}\r\n${fields.map(lineOf).join("")}\r\n`;

export type Chunk = { data: string; zeros: number; isUpper: boolean; extension: string };

const extension = fc.oneof(
  fc.constant(""),
  text([...VISIBLE, " ", "\t"], 0, 12).map((rest) => `;${rest}`),
);
const chunk = fc.record<Chunk>({
  data: fc.string({ unit: fc.constantFrom(...range(0, 0xff)), minLength: 1, maxLength: 40 }),
  zeros: fc.nat({ max: 4 }),
  isUpper: fc.boolean(),
  extension,
});

export const chunkedParts = fc.record({
  chunks: fc.array(chunk, { maxLength: 5 }),
  last: fc.tuple(fc.integer({ min: 1, max: 4 }), extension),
  trailers: fc.array(
    plainField.map((field) => ({ ...field, name: field.name.slice(0, 64) })),
    { maxLength: 3 },
  ),
});

export function chunkedText({ chunks, last: [zeros, extension], trailers }: ChunkedParts): string {
  const parts = chunks.map(({ data, zeros, isUpper, extension }) => {
    const size = data.length.toString(16);
    return `${"0".repeat(zeros)}${isUpper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n`;
  });
  return `${parts.join("")}${"0".repeat(zeros)}${extension}\r\n${trailers.map(lineOf).join("")}\r\n`;
}

type ChunkedParts = typeof chunkedParts extends fc.Arbitrary<infer Parts> ? Parts : never;

const lineOf = ({ name, before, value, after }: Field): string => `${name}:${before}${value}${after}\r\n`;

/** One byte of a text is changed, removed, or put in. Mostly one that ends or separates something. */
export const damagedAt = fc.record({
  how: fc.constantFrom("change", "insert", "remove"),
  at: fc.nat(),
  byte: fc.oneof(fc.constantFrom(..."\r\n \t:,;?#/0159aAfF_-\0\x7f\xff"), fc.constantFrom(...range(0, 0xff))),
});

export function damaged(text: string, { how, at, byte }: { how: string; at: number; byte: string }): string {
  const place = at % (text.length + (how === "insert" ? 1 : 0));
  const [before, after] = [text.slice(0, place), text.slice(place + (how === "insert" ? 0 : 1))];
  return how === "remove" ? before + after : before + byte + after;
}
