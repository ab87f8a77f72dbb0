import { hash } from "node:crypto";

/** Longer than a gateway may be late with telling, or clocks may differ. */
const SLACK_MS = 10_000;

/**
 * Integer, requests that all gateways let through in one fixed window; lifetime rateCounterTtlMs. Hashed, so that Valkey
 * holds no list of addresses, and so that a key is short whatever it is made of.
 */
export const rateCounterKey = (counter: string, windowIndex: number): string =>
  `hp:rate:${hash("sha256", counter, "base64url").slice(0, 22)}:${windowIndex}`;

/** From the first count: a window is looked at until the one after it ends. */
export const rateCounterTtlMs = (windowMs: number): number => 2 * windowMs + SLACK_MS;
