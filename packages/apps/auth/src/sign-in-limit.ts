import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";

/** Failures that are allowed within the window: NIST SP 800-63B section 5.2.2 allows at most 100 per account. */
export const WINDOW_MS = 15 * 60 * 1000;
export const MAX_PER_ACCOUNT = 10;
export const MAX_PER_ADDRESS = 100;

/** Who has one IPv6 address has its /64: the smallest network that is given to a customer (RFC 6177 section 2). */
const NETWORK_BITS = 64;

/** What a sign-in counts against: an IPv4 address, or the network of an IPv6 address. */
export const addressSubject = (address: string): string => `address:${networkOf(address)}`;

const networkOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address); // an IPv4 address written as IPv6 is that IPv4 address
  return parsed.kind() === "ipv4"
    ? parsed.toString()
    : `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${NETWORK_BITS}`).toString()}/${NETWORK_BITS}`;
};

/** A hash, so that the table is no list of e-mail addresses. */
export const accountSubject = (email: string): string =>
  `account:${createHash("sha256").update(email).digest("base64url")}`;
