import { gunzipSync, inflateSync } from "node:zlib";

/** A secret that must be nowhere in clear. */
export type Canary = { name: string; value: string };

/** The secrets of one run: those that we make up for the platform to keep, and those that it makes and tells us. */
export const createCanaries = () => {
  const all: Canary[] = [];
  const note = (name: string, value: string): string => {
    if (value.length < MIN_LENGTH) throw new Error(`the canary ${name} is too short to be looked for`);
    all.push({ name, value });
    return value;
  };
  return {
    all: all as readonly Canary[],
    note,
    make: (name: string): string => note(name, newCanary()),
  };
};

export type Canaries = ReturnType<typeof createCanaries>;

/** Below this a find could be chance. */
const MIN_LENGTH = 16;

/** 124 random bits in letters and digits, so that no quoting changes them. */
const newCanary = (): string => `Kx${crypto.randomUUID().replaceAll("-", "")}`;

/** How a secret was found: as it is, or in an encoding of which the reader can make it again. */
export type Find = { canary: string; as: string };

const KEY_BYTES = 3;

type Needle = { canary: string; as: string; bytes: Buffer };

/**
 * Looks for all canaries at once: plain, in base64 at each of the three offsets, in hexadecimal, and as addresses and JSON
 * spell them; also in what `bytes` expand to when they are compressed.
 */
export const createFinder = (canaries: readonly Canary[]): ((bytes: Buffer) => Find[]) => {
  const needles = canaries.flatMap(needlesOf);
  const byStart = new Map<number, Needle[]>();
  const starts = new Uint8Array(2 ** (8 * KEY_BYTES));
  for (const needle of needles) {
    const key = needle.bytes.readUIntBE(0, KEY_BYTES);
    starts[key] = 1;
    byStart.set(key, [...(byStart.get(key) ?? []), needle]);
  }
  const scan = (bytes: Buffer): Find[] => {
    const found = new Map<string, Find>();
    let key = 0;
    for (let i = 0; i < bytes.length; i += 1) {
      key = ((key << 8) | (bytes[i] as number)) & 0xffffff;
      if (starts[key] !== 1 || i < KEY_BYTES - 1) continue;
      const from = i - KEY_BYTES + 1;
      for (const { canary, as, bytes: wanted } of byStart.get(key) ?? []) {
        if (bytes.subarray(from, from + wanted.length).equals(wanted)) found.set(`${canary} ${as}`, { canary, as });
      }
    }
    return [...found.values()];
  };
  return (bytes) => {
    const expanded = expand(bytes);
    return [
      ...scan(bytes),
      ...(expanded === null ? [] : scan(expanded).map((find) => ({ ...find, as: `compressed ${find.as}` }))),
    ];
  };
};

const needlesOf = ({ name, value }: Canary): Needle[] => {
  const plain = Buffer.from(value);
  const hex = plain.toString("hex");
  const percent = hex.replaceAll(/../g, "%$&");
  const texts: [as: string, text: string][] = [
    ["plain", value],
    ["hex", hex],
    ["HEX", hex.toUpperCase()],
    ["percent-encoded", encodeURIComponent(value)],
    ["percent-encoded whole", percent],
    ["percent-encoded WHOLE", percent.toUpperCase()],
    ["JSON", JSON.stringify(value).slice(1, -1)],
    ...[0, 1, 2].flatMap((offset): [string, string][] => {
      const base64 = base64At(plain, offset);
      return [
        [`base64 at ${offset}`, base64],
        [`base64url at ${offset}`, base64.replaceAll("+", "-").replaceAll("/", "_")],
      ];
    }),
  ];
  const known = new Set<string>();
  return texts.flatMap(([as, text]) => {
    if (known.has(text)) return [];
    known.add(text);
    return [{ canary: name, as, bytes: Buffer.from(text) }];
  });
};

/** The characters that every base64 text has which has `bytes` in it, `offset` bytes after a multiple of three. */
const base64At = (bytes: Buffer, offset: number): string => {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const from = Math.ceil((offset * 8) / 6);
  return text.slice(from, Math.floor(((offset + bytes.length) * 8) / 6));
};

/** Null for what is not compressed, or only looks so. */
const expand = (bytes: Buffer): Buffer | null => {
  try {
    const start = bytes.length < 4 ? 0 : bytes.readUInt32BE(0);
    if (start === 0x28b52ffd) return Buffer.from(Bun.zstdDecompressSync(bytes));
    if (start >>> 16 === 0x1f8b) return gunzipSync(bytes);
    if (start >>> 24 === 0x78) return inflateSync(bytes);
  } catch {
    // it was something else
  }
  return null;
};
