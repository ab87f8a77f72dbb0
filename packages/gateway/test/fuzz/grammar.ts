import { BYTES, CHUNKED_BODIES, PIECES, REQUEST_HEADS, RESPONSE_HEADS } from "./corpus.ts";
import type { Random } from "./random.ts";

/** Makes inputs from the grammar, mostly valid ones, and damages some; all as latin1 text. */

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "M-SEARCH", "PATCH", "CONNECT", "TRACE", "X!"];
const SEGMENTS = ["a", "..", ".", "%2e", "", "\\", ";v=1", "\xe9", "index.html", "%"];
const VALUES = ["", "1", "gzip, br", "close", "keep-alive", "a=1; b=2", "\xff\x80 x", "\t spaced \t", "x".repeat(40)];
const NAMES = ["X-A", "accept", "Cookie", "x_real_ip", "X-Forwarded-Proto", "te", "Upgrade", "Authorization", "Vary"];
const FRAMINGS = [
  "",
  "",
  "Content-Length: 0\r\n",
  "content-length:42\r\n",
  "Transfer-Encoding: chunked\r\n",
  "TRANSFER-ENCODING:  Chunked  \r\n",
];
const OPTIONS = ["close", "Keep-Alive", "upgrade", "x-a", "cookie", "", "host", "keep_alive"];
const BLANKS = ["", " ", " ", "  ", "\t"];
const SIZES = [0, 1, 2, 3, 9, 15, 16, 17, 255, 300];

export function requestHead(random: Random): string {
  if (random.oneIn(3)) return random.pick(REQUEST_HEADS);
  const segment = () => `/${random.pick(SEGMENTS)}`;
  const path = segment() + random.some(3, segment) + (random.oneIn(3) ? "?q=%zz&/.." : "");
  const minor = random.oneIn(4) ? 0 : 1;
  const host = random.oneIn(30) ? "" : `Host:${random.pick(BLANKS)}shop.example\r\n`;
  const before = random.some(4, () => field(random));
  const after = random.some(3, () => field(random));
  const lines = before + host + random.pick(FRAMINGS) + connection(random) + after;
  return `${random.pick(METHODS)} ${path} HTTP/1.${minor}\r\n${lines}\r\n`;
}

export function responseHead(random: Random): string {
  if (random.oneIn(3)) return random.pick(RESPONSE_HEADS);
  const status = 100 + random.below(500);
  const reason = random.pick(["", " ", " OK", " \xe9\t."]);
  const lines = random.some(4, () => field(random)) + random.pick(FRAMINGS) + connection(random);
  return `HTTP/1.${random.oneIn(4) ? 0 : 1} ${status}${reason}\r\n${lines}\r\n`;
}

export function chunkedBody(random: Random): string {
  if (random.oneIn(4)) return random.pick(CHUNKED_BODIES);
  const zeros = () => random.pick(["", "", "", "0", "000"]);
  const extension = () => (random.oneIn(3) ? `;${random.pick(VALUES)}` : "");
  const chunk = () => {
    const length = 1 + random.pick(SIZES);
    const size = random.oneIn(2) ? length.toString(16) : length.toString(16).toUpperCase();
    return `${zeros()}${size}${extension()}\r\n${random.pick(BYTES).repeat(length)}\r\n`;
  };
  return `${random.some(5, chunk)}0${zeros()}${extension()}\r\n${random.some(3, () => field(random))}\r\n`;
}

/** One to three edits. A few grow very long, which shows what takes longer than its length. */
export function damage(random: Random, text: string): string {
  let damaged = random.oneIn(5_000) ? crowd(random, text) : text;
  for (let edits = 1 + random.below(3); edits > 0; edits--) damaged = edit(random, damaged);
  return damaged;
}

function edit(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.below(12));
  switch (random.below(8)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + random.pick(BYTES) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + random.pick(BYTES) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 4:
      return text.slice(0, at) + text.slice(to);
    case 5:
      return text.slice(0, at) + text.slice(at, to).repeat(random.oneIn(100) ? 2_000 : 2) + text.slice(to);
    case 6:
      return text.slice(0, at);
    default:
      return text.replace("\r\n", random.pick(PIECES) + random.pick(["\r\n", "\n", "\r", ""]));
  }
}

/** As many fields, and options that may name them, as a head has room for. */
function crowd(random: Random, text: string): string {
  const fields = `${random.pick(NAMES)}:\r\n`.repeat(random.below(190));
  return text.replace("\r\n", `\r\n${fields}Connection: ${`${random.pick(OPTIONS)},`.repeat(random.below(5_000))}\r\n`);
}

function field(random: Random): string {
  const blank = random.pick(BLANKS);
  return `${random.pick(NAMES)}:${blank}${random.pick(VALUES)}${random.pick(BLANKS)}\r\n`;
}

function connection(random: Random): string {
  if (random.oneIn(2)) return "";
  return `Connection: ${random.pick(OPTIONS)}${random.some(3, () => `,${random.pick(BLANKS)}${random.pick(OPTIONS)}`)}\r\n`;
}
