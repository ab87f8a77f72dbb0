/** What the upstream answers, and what clients compare it with. All paths are below the prefix of an app. */
export const PREFIX = "/bench";

export const PATHS = {
  json: `${PREFIX}/json`,
  body64KiB: `${PREFIX}/64k`,
  body10MiB: `${PREFIX}/10m`,
  body200MB: `${PREFIX}/200m`,
  upload: `${PREFIX}/upload`,
  socket: `${PREFIX}/socket`,
  who: `${PREFIX}/who`,
};

export const MIB = 1024 * 1024;
export const UPLOAD_BYTES = 10 * MIB;
export const SLOW_BYTES = 200_000_000;
const JSON_BYTES = 198;

/** 198 bytes, as a small answer of an API. */
export const smallJson = (): string => {
  const item = { id: "0193a1f2-7c44-7d3e-9b52-6f0c5f1d2a10", name: "storefront", state: "live", replicas: 3 };
  const frame = JSON.stringify({ ...item, note: "" });
  return JSON.stringify({ ...item, note: "x".repeat(JSON_BYTES - frame.length) });
};

/** Every byte follows from its place, so a body with a lost or doubled piece is not taken for a whole one. */
export const patternBody = (sizeBytes: number): Uint8Array<ArrayBuffer> => {
  const body = new Uint8Array(sizeBytes);
  for (let index = 0; index < sizeBytes; index += 1) body[index] = (index * 31 + (index >> 8)) & 0xff;
  return body;
};
