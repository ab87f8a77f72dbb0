import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";

/**
 * Failures that are allowed within the window. A stranger elsewhere cannot lock somebody out with ten tries: those count
 * for the account and the address together. NIST SP 800-63B section 5.2.2 allows at most 100 per account.
 */
export const WINDOW_MS = 15 * 60 * 1000;
export const MAX_PER_ACCOUNT_AND_ADDRESS = 10;
export const MAX_PER_ADDRESS = 100;
export const MAX_PER_ACCOUNT = 100;

/** Codes of the second factor, and proofs of who one is, that a person may get wrong within the window. */
export const MAX_WRONG_CODES = 5;
export const MAX_WRONG_CONFIRMATIONS = 10;

/**
 * Mails with a link that an address may ask for, and that are sent to one e-mail address: more, so that a stranger
 * elsewhere does not keep its owner from getting one.
 */
export const LINK_WINDOW_MS = 60 * 60 * 1000;
export const MAX_LINKS = 5;
export const MAX_LINKS_PER_ACCOUNT = 20;

/** Refused sign-ins of one e-mail address that are kept within the window: each is a row, an event and a call of the webhook. */
export const MAX_KEPT_DENIALS = 20;

/** Who has one IPv6 address has its /64: the smallest network that is given to a customer (RFC 6177 section 2). */
const NETWORK_BITS = 64;

/** What a sign-in counts against: an IPv4 address, or the network of an IPv6 address. */
export const addressSubject = (address: string): string => `address:${networkOf(address)}`;

/** Hashes, so that the table is no list of e-mail addresses. */
export const accountSubject = (email: string): string => `account:${hashOf(email)}`;
export const accountAndAddressSubject = (email: string, address: string): string =>
  `account-address:${hashOf(email)}:${networkOf(address)}`;

export const codeSubject = (personId: string): string => `code:${personId}`;
export const confirmationSubject = (personId: string): string => `confirmation:${personId}`;
export const linkAddressSubject = (address: string): string => `link-address:${networkOf(address)}`;
export const linkAccountSubject = (email: string): string => `link-account:${hashOf(email)}`;
export const denialSubject = (email: string): string => `denial:${hashOf(email)}`;
export const deviceAddressSubject = (address: string): string => `device-address:${networkOf(address)}`;
export const userCodeSubject = (personId: string): string => `user-code:${personId}`;

const hashOf = (email: string): string => createHash("sha256").update(email).digest("base64url");

const networkOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address); // an IPv4 address written as IPv6 is that IPv4 address
  return parsed.kind() === "ipv4"
    ? parsed.toString()
    : `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${NETWORK_BITS}`).toString()}/${NETWORK_BITS}`;
};
