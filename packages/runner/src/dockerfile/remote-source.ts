import { bare } from "./words.ts";

/**
 * The source of an ADD that the engine would fetch from somewhere, or that might turn out to be one; null when all are
 * files of the build. Builders drop quotes and escapes before they look, so what is left without them is looked at.
 */
export const remoteSourceOf = (rest: string): string | null => wordsOf(rest).find(isRemote) ?? null;

const wordsOf = (rest: string): string[] => {
  const listed = listOf(rest);
  const words = listed ?? rest.split(/[\s[\],]+/);
  return words.map(bare).filter((word) => word !== "");
};

/** `ADD ["a", "b"]`; its texts may hold escapes of JSON. */
const listOf = (rest: string): string[] | null => {
  if (!rest.startsWith("[")) return null;
  try {
    const list: unknown = JSON.parse(rest);
    return Array.isArray(list) ? list.map(String) : null;
  } catch {
    return rest.includes("\\") ? ["$"] : null; // perhaps a list to a builder, and not to be read here
  }
};

/** A scheme, or `user@host:` as ssh has it; a variable may be either, unless a path stands before it. */
const isRemote = (word: string): boolean => {
  if (/^[a-z][a-z0-9+.-]*:/i.test(word) || /^[^/]*@[^/]*:/.test(word)) return true;
  const before = word.slice(0, word.indexOf("$"));
  return word.includes("$") && !before.includes("/");
};
