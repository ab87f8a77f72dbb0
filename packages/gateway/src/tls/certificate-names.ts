import { parseHostPattern } from "../host.ts";

/**
 * One entry of a subjectAltName as Node prints it. A value with a comma or a quote in it is printed as a JSON string: read
 * otherwise, one name could pass for two (CVE-2021-44532).
 */
const ENTRY = /(?:, )?([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)/y;

/**
 * The host names of a subjectAltName, lower-case, in its order. Addresses are left out: clients send no server name for
 * them (RFC 6066 section 3), so no certificate can be chosen by one. So are names that no host can have.
 */
export function certificateNames(subjectAltName: string): string[] {
  const names = new Set<string>();
  ENTRY.lastIndex = 0;
  for (let entry = ENTRY.exec(subjectAltName); entry !== null; entry = ENTRY.exec(subjectAltName)) {
    const [, kind, value = ""] = entry;
    const pattern = kind === "DNS" ? parseHostPattern(value) : null;
    if (pattern !== null) names.add(pattern.isWildcard ? `*.${pattern.name}` : pattern.name);
  }
  return [...names];
}

/** The wildcard that covers a name, which stands for exactly one label (RFC 9525 section 6.3); null for a single label. */
export function wildcardOf(name: string): string | null {
  const dot = name.indexOf(".");
  return dot === -1 ? null : `*${name.slice(dot)}`;
}
