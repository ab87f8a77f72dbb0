import { randomInt } from "node:crypto";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";

/** RFC 8628 section 3.2. */
export const DEVICE_CODE_MS = 10 * 60_000;
export const FIRST_INTERVAL_SECONDS = 5;
/** Added for who looks too early (section 3.5). */
export const SLOWER_BY_SECONDS = 5;

/** Codes that one address may start in a quarter of an hour: each is a row. */
export const MAX_DEVICE_CODES = 30;
/** Wrong codes that a person may type in a quarter of an hour: there are 20^8 and at most a few wait at a time. */
export const MAX_WRONG_USER_CODES = 10;

/** Consonants without those that look like others: no words, and easy to type (RFC 8628 section 6.1). */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";

/** `XXXX-XXXX` */
export const newUserCode = (): string => {
  const letters = Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
};

/** As it is stored, from what somebody typed; null for what is none. */
export const readUserCode = (typed: string): string | null => {
  const letters = typed.replaceAll(/[\s-]/g, "").toUpperCase();
  return /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/.test(letters) ? `${letters.slice(0, 4)}-${letters.slice(4)}` : null;
};

/** How a command line is shown, to its person for saying yes. */
export type WaitingDevice = { userCode: string; clientName: string; address: string; createdAt: Date };

export type DeviceState =
  | { state: "pending" }
  | { state: "denied" }
  | { state: "approved"; personId: PersonId; organisationId: OrganisationId };

export const DEVICE_TOKEN_DAYS = 90;
export const deviceTokenName = (clientName: string): string => `CLI on ${clientName}`.slice(0, 100);
