/**
 * Whether a push that touched these files is one that a service waits for. Patterns are read in order and the last that
 * fits a file decides; one with `!` takes files out. Where all of them take out, everything else is watched.
 *
 * @param paths null when not all are known: then it is
 */
export const isWatched = (patterns: readonly string[], paths: readonly string[] | null): boolean => {
  if (patterns.length === 0 || paths === null) return true;
  const rules = patterns.map(readRule);
  const otherwise = rules.every(({ takesOut }) => takesOut);
  return paths.some((path) => {
    const parts = path.split("/");
    const last = rules.findLast(({ glob }) => fits(glob, parts));
    return last === undefined ? otherwise : !last.takesOut;
  });
};

type Rule = { takesOut: boolean; glob: readonly string[] };

const readRule = (pattern: string): Rule => {
  const takesOut = pattern.startsWith("!");
  const glob = (takesOut ? pattern.slice(1) : pattern).replace(/^\/+|\/+$/g, "").split("/");
  return { takesOut, glob };
};

/** A file fits a glob, and a glob of one of its folders. */
const fits = (glob: readonly string[], path: readonly string[]): boolean =>
  matchesAll(
    glob,
    path,
    (pattern, part) => pattern === "**" || matchesAll([...pattern], [...part], isSame, "*"),
    "**",
    true,
  );

const isSame = (a: string, b: string): boolean => a === b;

/**
 * Matches a list against a pattern in which `star` stands for any number of items. Of several stars only the last is ever
 * tried again, so the work is at most the product of both lengths.
 *
 * @param isPrefix whether items may be left over at the end
 */
const matchesAll = (
  pattern: readonly string[],
  items: readonly string[],
  matches: (pattern: string, item: string) => boolean,
  star: string,
  isPrefix = false,
): boolean => {
  let [p, i] = [0, 0];
  let retry: { p: number; i: number } | null = null;
  for (;;) {
    if (p === pattern.length && (isPrefix || i === items.length)) return true;
    if (pattern[p] === star) {
      if (p === pattern.length - 1) return !isPrefix || i < items.length;
      retry = { p: p + 1, i };
      p += 1;
    } else if (p < pattern.length && i < items.length && matches(pattern[p] as string, items[i] as string)) {
      p += 1;
      i += 1;
    } else if (retry !== null && retry.i < items.length) {
      retry = { p: retry.p, i: retry.i + 1 };
      p = retry.p;
      i = retry.i;
    } else {
      return false;
    }
  }
};
