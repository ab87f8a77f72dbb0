import { createHash, randomBytes } from "node:crypto";
import { toBase32 } from "./totp.ts";

/** How many come with a second factor; each works once. */
export const RECOVERY_CODES = 10;
/** 80 random bits: a fast hash is enough, as for tokens. */
const CODE_BYTES = 10;
/** So many characters of base32. */
const CODE_LENGTH = 16;

/** `XXXX-XXXX-XXXX-XXXX` */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () => (toBase32(randomBytes(CODE_BYTES)).match(/.{4}/g) ?? []).join("-"));

/** What is stored of one; null for what is no recovery code. Dashes, blanks and case are not looked at. */
export const hashRecoveryCode = (typed: string): Buffer | null => {
  const code = typed.replaceAll(/[\s-]/g, "").toUpperCase();
  if (code.length !== CODE_LENGTH || !/^[A-Z2-7]+$/.test(code)) return null;
  return createHash("sha256").update(code).digest();
};
