import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { Secret } from "@homeport/kit/secret.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const API_TOKEN = /^hp_[0-9A-Za-z]{43}_[0-9a-f]{8}$/;

/** What is stored of a token: it has 256 random bits, so a fast hash is enough and look-ups stay an index probe. */
export const hashToken = (token: Secret): Buffer => createHash("sha256").update(token.reveal()).digest();

export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

/** 256 random bits for a session or the setup token. */
export const newOpaqueToken = (): Secret => new Secret(randomBytes(32).toString("base64url"));

/** `hp_<43 base62>_<crc32>`: a scanner can find it, and a mistyped one is refused before the database is asked. */
export const newApiToken = (): Secret => {
  let number = BigInt(`0x${randomBytes(32).toString("hex")}`);
  let body = "";
  for (let i = 0; i < 43; i += 1) {
    body += ALPHABET[Number(number % 62n)];
    number /= 62n;
  }
  return new Secret(`hp_${body}_${checksum(body)}`);
};

const checksum = (body: string): string => Bun.hash.crc32(body).toString(16).padStart(8, "0");

export const isApiToken = (token: Secret): boolean => {
  const value = token.reveal();
  return API_TOKEN.test(value) && checksum(value.slice(3, 46)) === value.slice(47);
};

/** The part of a token that lists may show. */
export const tokenHint = (token: Secret): string => `${token.reveal().slice(0, 9)}…`;
