import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Secret } from "@homeport/kit/secret.ts";

/** Time-based one-time passwords as every authenticator app makes them (RFC 6238): SHA-1, six digits, half a minute. */
const STEP_SECONDS = 30;
const DIGITS = 6;
/** Steps before and after now whose codes count: clocks differ, and people type slowly (RFC 6238 section 5.2). */
const WINDOW = 1;
/** As long as SHA-1's output (RFC 4226 section 4, R6). */
const SECRET_BYTES = 20;

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const newTotpSecret = (): Secret => new Secret(toBase32(randomBytes(SECRET_BYTES)));

/** What the QR code says, in the form that authenticator apps agree on. */
export const totpUri = (secret: Secret, issuer: string, account: string): string =>
  `otpauth://totp/${encodeURIComponent(`${issuer}:${account}`)}?secret=${secret.reveal()}&issuer=${encodeURIComponent(issuer)}`;

export const stepAt = (time: Date): number => Math.floor(time.getTime() / 1000 / STEP_SECONDS);

export const totpCode = (secret: Secret, step: number): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret.reveal())).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fffffff; // RFC 4226 section 5.3: 31 bits, from where the last four say
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
};

/** The step that a code is of, around `now`; null when it is of none. Whether that step was used is for the caller. */
export const matchTotp = (secret: Secret, code: string, now: Date): number | null => {
  if (!/^\d{6}$/.test(code)) return null;
  const current = stepAt(now);
  let found: number | null = null;
  for (let step = current - WINDOW; step <= current + WINDOW; step += 1) {
    if (timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(code))) found = step;
  }
  return found;
};

export const toBase32 = (bytes: Uint8Array): string => {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => BASE32[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
};

const fromBase32 = (text: string): Buffer => {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
};
