import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Secret } from "../secret.ts";

/** Postgres' default; the derived passwords have full entropy, so more rounds would only slow each connect. */
const ITERATIONS = 4096;

/**
 * The verifier Postgres stores instead of a password (RFC 5803, SCRAM-SHA-256). Sent in place of the password, which
 * then never reaches the server, its logs or pg_stat_statements.
 */
export function scramVerifier(password: Secret): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.reveal(), salt, ITERATIONS, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  const serverKey = hmac(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
