/** Bytes by their names, and the character classes of HTTP/1.1 as tables: 1 for a byte that belongs to the class. */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const PERCENT = 0x25;
export const COMMA = 0x2c;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const DIGIT_0 = 0x30;
export const DIGIT_9 = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION = 0x3f;
export const BACKSLASH = 0x5c;
const UNDERSCORE = 0x5f;

const table = (isMember: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (isMember(byte) ? 1 : 0));

const isAlphanumeric = (byte: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(byte)) && byte < 0x80;

/** Names of fields and methods. Source: RFC 9110 section 5.6.2. */
export const TOKEN = table((byte) => isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte)));

/** Values of fields: visible ASCII, spaces and tabs, obs-text. Source: RFC 9110 section 5.5. */
export const FIELD_VALUE = table((byte) => byte === HTAB || (byte >= SPACE && byte !== 0x7f));

/** Request targets: visible ASCII and obs-text, which some clients send raw. `#` never belongs there (RFC 9112 section 3.2). */
export const TARGET = table((byte) => byte > SPACE && byte !== 0x7f && byte !== 0x23);

/** Of a path: bytes that upstreams may decode or normalise, so that it has to be read with care before it is routed. */
export const PATH_SPECIAL = table((byte) => byte === PERCENT || byte === BACKSLASH || byte >= 0x80);

/** Every byte as lower case, `_` as `-`: WSGI and CGI read both the same. */
export const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 0x20;
  return byte === UNDERSCORE ? DASH : byte;
});

/** Hex digits by their value; 255 for other bytes. */
export const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) || byte >= 0x80 ? 255 : value;
});

/** Whether the bytes are `word` (given in lower case), in any case. */
export function equalsFolded(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    if (FOLD[bytes[start + index] as number] !== word[index]) return false;
  }
  return true;
}

/** Whether a name is spelled with `_`, which only some upstreams take for `-`. */
export function hasUnderscore(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === UNDERSCORE) return true;
  return false;
}

export const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === HTAB;

export const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
