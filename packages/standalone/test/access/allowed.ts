import type { Find } from "./canary.ts";

/** Where a secret may be in clear, and why. */
export type Exception = { place: RegExp; canary: RegExp; why: string };

/** In words, each place once; without what is allowed. */
export const findingsOf = async (
  find: (bytes: Buffer) => Find[],
  pieces: Iterable<{ place: string; bytes: Buffer }> | AsyncIterable<{ place: string; bytes: Buffer }>,
  allowed: readonly Exception[] = [],
): Promise<string[]> => {
  const found = new Set<string>();
  for await (const { place, bytes } of pieces) {
    for (const { canary, as } of find(bytes)) {
      if (allowed.some((each) => each.place.test(place) && each.canary.test(canary))) continue;
      found.add(`${place}: ${canary} (${as})`);
    }
  }
  return [...found];
};

/** Of answers. */
export const ALLOWED_IN_ANSWERS: readonly Exception[] = [
  {
    place: /^answer of POST \/setup$/,
    canary: /^setup token, sent by mistake$/,
    why: "The form of the setup is shown again with what it was sent with but the password; bin/up's link fills it in, too.",
  },
];
