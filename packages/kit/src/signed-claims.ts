import { createHmac, timingSafeEqual } from "node:crypto";
import { type ZodType, z } from "zod";

/** More than any of ours has; a longer text is not looked at. */
const MAX_CHARACTERS = 8_192;

const Envelope = z.object({ until: z.number().int(), claims: z.unknown() });

/**
 * What one part of the platform tells another through a browser: `<claims>.<HMAC-SHA-256>` in base64url (RFC 4648 section
 * 5), which everybody can read and only who has the key can make. The key says what it is for: derive one for each kind.
 */
export const signClaims = (key: Uint8Array, claims: object, until: Date): string => {
  const text = JSON.stringify({ until: until.getTime(), claims } satisfies z.infer<typeof Envelope>);
  const payload = Buffer.from(text).toString("base64url");
  return `${payload}.${macOf(key, payload)}`;
};

/** Null for what was altered, signed with another key, of another shape, or not valid any more at `now`. */
export const readClaims = <T extends ZodType>(
  key: Uint8Array,
  signed: string,
  schema: T,
  now: Date,
): z.output<T> | null => {
  const dot = signed.indexOf(".");
  if (dot === -1 || signed.length > MAX_CHARACTERS) return null;
  const payload = signed.slice(0, dot);
  // Compared as text: several texts decode to the same bytes.
  if (!isSameMac(signed.slice(dot + 1), macOf(key, payload))) return null;
  const envelope = Envelope.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
  if (!envelope.success || envelope.data.until <= now.getTime()) return null;
  const claims = schema.safeParse(envelope.data.claims);
  return claims.success ? claims.data : null;
};

const macOf = (key: Uint8Array, payload: string): string =>
  createHmac("sha256", key).update(payload).digest("base64url");

const isSameMac = (given: string, expected: string): boolean => {
  const bytes = Buffer.from(given);
  const wanted = Buffer.from(expected);
  return bytes.length === wanted.length && timingSafeEqual(bytes, wanted); // which throws on unequal lengths
};
