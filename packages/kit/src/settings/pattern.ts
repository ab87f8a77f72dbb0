/** One character: plain, escaped, any, or one of a class. No groups and no alternatives. */
const ATOM = String.raw`(?:[^\\^$.*+?()[\]{}|]|\\[dwsDWS.*+?()[\]{}|\\/^$-]|\.|\[\^?(?:[^\\\][]|\\[dwsDWS\\\]^-])+\])`;
const FIXED = String.raw`\{\d{1,3}\}`;
const VARYING = String.raw`(?:[*+?]|\{\d{1,3},\d{0,3}\})`;
const SIMPLE = new RegExp(`^\\^?(?:${ATOM}(?:${FIXED}|${VARYING})?)+\\$?$`);
const VARYING_PARTS = new RegExp(`${ATOM}(${FIXED}|${VARYING})?`, "g");
const MAX_VARYING = 2;

/**
 * Patterns come with the records of apps that nobody here wrote, and JavaScript's expressions can take time that doubles
 * with each character. So they are a row of single characters, of which at most two may repeat a varying number of times:
 * at worst that is a step for each pair of characters.
 */
export const isSimplePattern = (pattern: string): boolean => {
  if (!SIMPLE.test(pattern)) return false;
  const repeats = [...pattern.matchAll(VARYING_PARTS)].flatMap((part) => part[1] ?? []);
  return repeats.filter((repeat) => !/^\{\d+\}$/.test(repeat)).length <= MAX_VARYING && compiles(pattern);
};

/** The expression that a whole text must match. */
export const wholePattern = (pattern: string): RegExp =>
  new RegExp(`^(?:${pattern.replace(/^\^/, "").replace(/(?<!\\)\$$/, "")})$`);

const compiles = (pattern: string): boolean => {
  try {
    wholePattern(pattern);
    return true;
  } catch {
    return false;
  }
};
