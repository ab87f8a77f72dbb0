/** A content coding that we can produce. */
export type Encoding = "zstd" | "br" | "gzip";

/** In our order, for clients that have none. */
const ENCODINGS: readonly Encoding[] = ["zstd", "br", "gzip"];
const MAX_LENGTH = 1_000;
/** `coding;q=0.5`; a weight has at most three digits behind the point (RFC 9110 section 12.4.2). */
const ELEMENT = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

/**
 * The coding that a client likes most of those we have, or null for none (RFC 9110 section 12.5.3). Null too for a client
 * that says nothing, which often can't decode anything; elements that cannot be read are left out.
 */
export function chooseEncoding(acceptEncoding: string | null): Encoding | null {
  if (acceptEncoding === null || acceptEncoding.length > MAX_LENGTH) return null;
  const weights = new Map<string, number>();
  for (const element of acceptEncoding.toLowerCase().split(",")) {
    const [, coding, weight = "1"] = ELEMENT.exec(element.trim()) ?? [];
    if (coding !== undefined) weights.set(coding === "x-gzip" ? "gzip" : coding, Number(weight));
  }
  const weightOf = (coding: string): number => weights.get(coding) ?? weights.get("*") ?? 0;
  let best: Encoding | null = null;
  for (const encoding of ENCODINGS) {
    if (weightOf(encoding) > (best === null ? 0 : weightOf(best))) best = encoding;
  }
  return best !== null && weightOf(best) >= (weights.get("identity") ?? 0) ? best : null;
}
