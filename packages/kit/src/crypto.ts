import { hkdfSync } from "node:crypto";
import type { Secret } from "./secret.ts";

const KEY_BYTES = 32;

/** A 256-bit key for one purpose, from the platform's secret (HKDF-SHA256, RFC 5869). */
export const deriveKey = (appSecret: Secret, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", appSecret.reveal(), "homeport", purpose, KEY_BYTES));
