import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { DomainError } from "./errors.ts";
import { Secret } from "./secret.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of a sealed value: the format, so that a later one can be told apart. */
const FORMAT = 1;

/** A 256-bit key for one purpose, from the platform's secret (HKDF-SHA256, RFC 5869). */
export const deriveKey = (appSecret: Secret, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", appSecret.reveal(), "homeport", purpose, KEY_BYTES));

/** Where a sealed value lives. It is authenticated with the value, so a row's ciphertext is useless in another row. */
export type SealedAt = { table: string; row: string; field: string };

const associatedData = (at: SealedAt): Buffer => Buffer.from(JSON.stringify([at.table, at.row, at.field]));

/** Encrypts with AES-256-GCM; layout: format byte, 12-byte nonce, 16-byte tag, ciphertext. */
export const seal = (key: Buffer, at: SealedAt, plain: Secret | string): Buffer => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(associatedData(at));
  const text = plain instanceof Secret ? plain.reveal() : plain;
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), body]);
};

/** @throws {DomainError} internal, when the key is another one, the bytes were altered or belong to another place. */
export const open = (key: Buffer, at: SealedAt, sealed: Uint8Array): Secret => {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] !== FORMAT) {
    throw new DomainError("internal", `The encrypted ${at.field} in ${at.table} is damaged.`);
  }
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(associatedData(at));
  decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES));
  try {
    const body = bytes.subarray(1 + NONCE_BYTES + TAG_BYTES);
    return new Secret(Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8"));
  } catch (err) {
    throw new DomainError("internal", `The encrypted ${at.field} in ${at.table} does not open with this APP_SECRET.`, {
      cause: err,
    });
  }
};
