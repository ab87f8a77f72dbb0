import { isIPv4, isIPv6 } from "node:net";
import { withoutMapping } from "./forwarded.ts";

/** What the beginning of a connection says. `address`: null when the proxy speaks for itself (a health check). */
export type Preface =
  | { kind: "incomplete" }
  | { kind: "invalid" }
  | { kind: "preface"; address: string | null; length: number };

const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const V1 = Buffer.from("PROXY ");
/** The longest line of version 1, with its CRLF. */
const MAX_V1_BYTES = 107;
const V2_HEAD_BYTES = 16;
/** Addresses and the extensions behind them; senders use a few hundred bytes. */
const MAX_V2_BYTES = 4_096;

/**
 * Reads the header of the PROXY protocol, version 1 or 2, from the first bytes of a connection.
 * Source: https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, sections 2.1 and 2.2.
 */
export function readPreface(bytes: Buffer): Preface {
  if (startsWith(bytes, SIGNATURE)) return bytes.length < V2_HEAD_BYTES ? { kind: "incomplete" } : readV2(bytes);
  if (startsWith(bytes, V1)) return readV1(bytes);
  return { kind: "invalid" };
}

function readV1(bytes: Buffer): Preface {
  const end = bytes.indexOf("\r\n");
  if (end === -1) return bytes.length < MAX_V1_BYTES ? { kind: "incomplete" } : { kind: "invalid" };
  if (end + 2 > MAX_V1_BYTES) return { kind: "invalid" };
  const [, family, source = "", destination = "", sourcePort = "", port = "", ...more] = bytes
    .toString("latin1", 0, end)
    .split(" ");
  if (family === "UNKNOWN") return { kind: "preface", address: null, length: end + 2 };
  const isAddress = family === "TCP4" ? isIPv4 : family === "TCP6" ? isIPv6 : () => false;
  const isValid = isAddress(source) && isAddress(destination) && isPort(sourcePort) && isPort(port);
  if (!isValid || more.length > 0) return { kind: "invalid" };
  return { kind: "preface", address: withoutMapping(source), length: end + 2 };
}

function readV2(bytes: Buffer): Preface {
  const version = bytes.readUInt8(12) >> 4;
  const command = bytes.readUInt8(12) & 0x0f;
  const family = bytes.readUInt8(13);
  const length = V2_HEAD_BYTES + bytes.readUInt16BE(14);
  if (version !== 2 || command > 1 || length > MAX_V2_BYTES) return { kind: "invalid" };
  if (bytes.length < length) return { kind: "incomplete" };
  if (command === 0) return { kind: "preface", address: null, length };
  switch (family) {
    case 0x11: {
      if (length < V2_HEAD_BYTES + 12) return { kind: "invalid" };
      return { kind: "preface", address: Array.from(bytes.subarray(16, 20)).join("."), length };
    }
    case 0x21: {
      if (length < V2_HEAD_BYTES + 36) return { kind: "invalid" };
      return { kind: "preface", address: formatIPv6(bytes.subarray(16, 32)), length };
    }
    default:
      return { kind: "preface", address: null, length }; // a unix socket or UDP: nothing we could name
  }
}

function formatIPv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return withoutMapping(new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1)).replace(
    /^::ffff:([0-9a-f]+):([0-9a-f]+)$/,
    (_, high: string, low: string) => {
      const word = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
      return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join(".");
    },
  );
}

/** What there is of the bytes is the beginning of `prefix`, or begins with it. */
function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length);
  return bytes.subarray(0, length).equals(prefix.subarray(0, length));
}

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
