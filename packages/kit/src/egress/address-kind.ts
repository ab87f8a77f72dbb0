import ipaddr from "ipaddr.js";

/**
 * What kind of place an address is. `private` ones belong to this machine or its network: an operator may allow them.
 * `forbidden` ones are nobody's server, and behind some of them clouds keep credentials.
 */
export type AddressKind = "public" | "private" | "forbidden";

/** Ranges of ipaddr.js; one that is not listed is forbidden. */
const KIND_OF_RANGE: Readonly<Record<string, AddressKind>> = {
  unicast: "public",
  loopback: "private",
  private: "private",
  uniqueLocal: "private",
  carrierGradeNat: "private",
};

/** Metadata services of clouds that lie in ranges which are otherwise private or public. */
const METADATA = new Set(["fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"]);

/** `::a.b.c.d`, given up by RFC 4291 section 2.5.5.1: a private IPv4 address in the clothes of a public one. */
const IPV4_COMPATIBLE = ipaddr.parseCIDR("::/96") as [ipaddr.IPv6, number];

export const kindOfAddress = (text: string): AddressKind => {
  if (!ipaddr.isValid(text)) return "forbidden";
  const address = ipaddr.process(text); // an IPv4 address written as IPv6 is judged as what it is
  if (METADATA.has(address.toString())) return "forbidden";
  const isPlain = address.range() === "unicast";
  if (isPlain && address instanceof ipaddr.IPv6 && address.match(IPV4_COMPATIBLE)) return "forbidden";
  // NAT64 (RFC 6052) leads to the IPv4 address in its last four bytes.
  if (address.range() === "rfc6052") return kindOfAddress(address.toByteArray().slice(-4).join("."));
  return KIND_OF_RANGE[address.range()] ?? "forbidden";
};
