import type { Instruction } from "./instruction.ts";
import { refuse } from "./refuse.ts";
import { type EscapeSign, splitWords } from "./words.ts";

/** A text that follows an instruction, up to a line that is `name`. `isIndented`: tabs before that line do not count. */
export type HereDocument = { name: string; isIndented: boolean };

const TAKERS = ["RUN", "COPY", "ADD", "ONBUILD"];
const START = /^\d*<<(-?)(["']?)([A-Za-z_]\w*)\2$/;

/**
 * The here-documents that an instruction announces. Words that look like one and are not quite are turned down: a
 * builder might see a text where rules see instructions.
 *
 * @throws {BuildFailure} dockerfile_invalid
 */
export const documentsOf = (
  { keyword, rest, line }: Pick<Instruction, "keyword" | "rest" | "line">,
  text: string,
  escapeSign: EscapeSign,
): HereDocument[] => {
  if (!TAKERS.includes(keyword) || !text.includes("<<") || isList(rest)) return [];
  const { words, isWhole } = splitWords(text, escapeSign);
  if (!isWhole) throw refuse.invalid(line, "it has a quote without an end before a here-document");
  return words.flatMap((word): HereDocument[] => {
    const match = START.exec(word);
    if (match !== null) return [{ name: match[3] ?? "", isIndented: match[1] === "-" }];
    if (/^\d*<<-?[^<]*$/.test(word))
      throw refuse.invalid(line, `the here-document ${word.slice(0, 60)} has no plain name`);
    return [];
  });
};

/** `["a", "b"]`: nothing in it is looked at by a shell. */
const isList = (rest: string): boolean => {
  try {
    return Array.isArray(JSON.parse(rest));
  } catch {
    return false;
  }
};
