import { createHash } from "node:crypto";

/** Failures that are allowed within the window: NIST SP 800-63B section 5.2.2 allows at most 100 per account. */
export const WINDOW_MS = 15 * 60 * 1000;
export const MAX_PER_ACCOUNT = 10;
export const MAX_PER_ADDRESS = 100;

/** What a sign-in counts against. */
export const addressSubject = (address: string): string => `address:${address}`;

/** A hash, so that the table is no list of e-mail addresses. */
export const accountSubject = (email: string): string =>
  `account:${createHash("sha256").update(email).digest("base64url")}`;
