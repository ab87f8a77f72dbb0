/**
 * Splits a command line into arguments: spaces part them, quotes keep them together, a backslash takes the next
 * character as it is. No shell reads it, so nothing in it is expanded.
 */
export const splitCommand = (line: string): string[] => {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)) words.push(unquote(word));
  return words;
};

const unquote = (word: string): string =>
  word.replace(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
    (_all, double: string | undefined, single: string | undefined, escaped: string | undefined) =>
      double === undefined ? (single ?? escaped ?? "") : double.replace(/\\(.)/g, "$1"),
  );
