import { isIPv4, isIPv6 } from "node:net";

/** 4 bytes of an IPv4 address, 16 of an IPv6 one. */
type AddressBytes = Uint8Array;
type Range = { bytes: AddressBytes; prefixBits: number };

/** What one customer usually has of IPv6 is a /64 (RFC 6177 section 2): counting single addresses would count nothing. */
const NETWORK_HEX_DIGITS = 16;
/** `::ffff:0:0/96`, the IPv4 addresses as a dual-stack socket shows them (RFC 4291 section 2.5.5.2). */
const MAPPED_BITS = 96;

/** A set of address ranges. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is that IPv4 address, in ranges too. */
export class AddressRanges {
  private constructor(private readonly ranges: readonly Range[]) {}

  /** Entries are `address` or `address/bits`. @throws {Error} naming the first entry that is neither. */
  static parse(list: readonly string[]): AddressRanges {
    return new AddressRanges(list.map(parseRange));
  }

  /** False for what is no address. A zone (`fe80::1%eth0`) is not looked at. */
  includes(address: string): boolean {
    if (this.ranges.length === 0) return false;
    const bytes = parseAddress(address);
    return bytes !== null && this.ranges.some((range) => contains(range, bytes));
  }
}

/** What limits count a client by: an IPv4 address, or the /64 of an IPv6 address. Anything else stays as it is. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const bytes = parseAddress(address);
  if (bytes === null) return address;
  return bytes.length === 4 ? bytes.join(".") : `${Buffer.from(bytes).toString("hex", 0, NETWORK_HEX_DIGITS / 2)}/64`;
}

/** Null when it is no address. */
export function parseAddress(text: string): AddressBytes | null {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  const zone = text.indexOf("%");
  const plain = zone === -1 ? text : text.slice(0, zone);
  return isIPv6(plain) ? unmapped(parseIpv6(plain)) : null;
}

function parseRange(text: string): Range {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const bytes = parseAddress(address);
  if (bytes === null) throw new Error(`"${text}" is neither an address nor a range of addresses.`);
  const isMapped = bytes.length === 4 && address.includes(":");
  const mostBits = isMapped ? 128 : bytes.length * 8;
  const bits = slash === -1 ? String(mostBits) : text.slice(slash + 1);
  const prefixBits = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.POSITIVE_INFINITY;
  if (prefixBits > mostBits) throw new Error(`"${text}" has more bits than its address.`);
  if (!isMapped) return { bytes, prefixBits };
  // `::ffff:0:0/90` begins outside of the mapped block, so it is a range of IPv6 addresses, which clients never show.
  return prefixBits >= MAPPED_BITS
    ? { bytes, prefixBits: prefixBits - MAPPED_BITS }
    : { bytes: parseIpv6(address), prefixBits };
}

function contains({ bytes, prefixBits }: Range, address: AddressBytes): boolean {
  if (bytes.length !== address.length) return false;
  const wholeBytes = prefixBits >> 3;
  for (let index = 0; index < wholeBytes; index++) if (bytes[index] !== address[index]) return false;
  const restBits = prefixBits & 7;
  if (restBits === 0) return true;
  const differing = (bytes[wholeBytes] ?? 0) ^ (address[wholeBytes] ?? 0);
  return differing >> (8 - restBits) === 0;
}

/** `text` is known to be valid: isIPv6 said so. */
function parseIpv6(text: string): AddressBytes {
  const gap = text.indexOf("::");
  const before = groupsOf(gap === -1 ? text : text.slice(0, gap));
  const after = gap === -1 ? [] : groupsOf(text.slice(gap + 2));
  const groups = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

function unmapped(bytes: AddressBytes): AddressBytes {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return bytes;
  return bytes[10] === 0xff && bytes[11] === 0xff ? bytes.slice(12) : bytes;
}
