import { isIPv4, isIPv6 } from "node:net";

/** A validated authority. `name` is lower-case, without port, brackets or trailing dot. */
export type Host = { name: string; port: number | null; isIp: boolean };

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const PORT = /^\d{1,5}$/;

/**
 * The one reading of a Host header (RFC 9110 section 7.2), or null when it is not `name`, `ip` or `[ipv6]` with an optional
 * port. Userinfo, paths, lists and everything else that two parsers could read differently is refused: Bun and Node let
 * `a@b`, `a/b` and `a, b` through.
 */
export function parseHost(value: string): Host | null {
  if (value.length === 0 || value.length > 260) return null;
  const bracketed = value.startsWith("[");
  const nameEnd = bracketed ? value.indexOf("]") + 1 : indexOrEnd(value, ":");
  if (nameEnd === 0) return null;
  const port = parsePort(value.slice(nameEnd));
  if (port === undefined) return null;
  if (bracketed) {
    const name = value.slice(1, nameEnd - 1).toLowerCase();
    return isIPv6(name) && !name.includes("%") ? { name, port, isIp: true } : null;
  }
  const name = value.slice(0, nameEnd);
  if (isIPv4(name)) return { name, port, isIp: true };
  const normalised = parseName(name);
  return normalised === null ? null : { name: normalised, port, isIp: false };
}

/** A host of a route: an exact name, or `*.suffix`, which stands for exactly one label like a wildcard certificate does. */
export type HostPattern = { name: string; isWildcard: boolean };

export function parseHostPattern(value: string): HostPattern | null {
  const isWildcard = value.startsWith("*.");
  const name = parseName(isWildcard ? value.slice(2) : value);
  return name === null ? null : { name, isWildcard };
}

function parseName(value: string): string | null {
  const name = (value.endsWith(".") ? value.slice(0, -1) : value).toLowerCase();
  if (name.length === 0 || name.length > 253) return null;
  const labels = name.split(".");
  if (!labels.every((label) => LABEL.test(label))) return null;
  // `127.1` and `0x7f000001` are addresses to some clients and names to others (WHATWG URL, "ends in a number").
  const last = labels.at(-1) ?? "";
  return /^(\d+|0x[0-9a-f]*)$/.test(last) ? null : name;
}

/** Null: no port. Undefined: not a port. */
function parsePort(rest: string): number | null | undefined {
  if (rest === "" || rest === ":") return null;
  if (!rest.startsWith(":") || !PORT.test(rest.slice(1))) return undefined;
  const port = Number(rest.slice(1));
  return port <= 65_535 ? port : undefined;
}

function indexOrEnd(value: string, part: string): number {
  const index = value.indexOf(part);
  return index === -1 ? value.length : index;
}
