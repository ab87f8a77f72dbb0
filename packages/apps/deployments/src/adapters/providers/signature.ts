import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "@homeport/kit/secret.ts";

/** Checked where there is none to check, so that it takes as long. */
const NONE = "0".repeat(64);

/**
 * Whether a header has the HMAC-SHA256 of a body, in hexadecimal, by one of some secrets. All of them are tried: how long
 * that takes says nothing of which it was, or how far it fitted.
 */
export const isSigned = (header: string | null, body: Uint8Array, secrets: readonly Secret[]): boolean => {
  const isWellFormed = header !== null && /^[0-9a-f]{64}$/i.test(header);
  const given = Buffer.from(isWellFormed ? header : NONE, "hex");
  return (
    fitsOne(secrets, (secret) => timingSafeEqual(createHmac("sha256", secret).update(body).digest(), given)) &&
    isWellFormed
  );
};

/** Whether a header is one of some secrets; digests are compared, so that lengths say nothing either. */
export const isToken = (header: string | null, secrets: readonly Secret[]): boolean => {
  const given = digestOf(header ?? "");
  return fitsOne(secrets, (secret) => timingSafeEqual(digestOf(secret), given)) && header !== null;
};

const fitsOne = (secrets: readonly Secret[], fits: (secret: string) => boolean): boolean =>
  secrets.map((secret) => fits(secret.reveal())).includes(true);

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Of GitHub, and of all that speak as it does: `sha256=<hex>`. */
export const hubSignature = (headers: Headers): string | null =>
  /^sha256=(.*)$/s.exec(headers.get("x-hub-signature-256") ?? "")?.[1] ?? null;
