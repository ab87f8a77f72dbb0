/** What keeps the meaning from the sign behind it, and at the end of a line joins it to the next. */
export type EscapeSign = "\\" | "`";

/** A word as it is written, with its quotes and escapes. */
export type Words = { words: string[]; isWhole: boolean };

/**
 * Splits at blanks outside of quotes, as builders do to find here-documents (shell/lex.go). `isWhole` is false when a
 * quote is not closed.
 */
export const splitWords = (text: string, escapeSign: EscapeSign): Words => {
  const words: string[] = [];
  let word = "";
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quote === "" && /\s/.test(char)) {
      if (word !== "") words.push(word);
      word = "";
      continue;
    }
    word += char;
    if (char === escapeSign && quote !== "'") word += text[++at] ?? "";
    else if (quote === "" && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = "";
  }
  if (word !== "") words.push(word);
  return { words, isWhole: quote === "" };
};

/** A word without the characters that builders may drop from it. What is left may be more than theirs, never less. */
export const bare = (word: string): string => word.replace(/["'`\\]/g, "");
