import { readDirectives } from "./directives.ts";
import { documentsOf, type HereDocument } from "./here-document.ts";
import type { Dockerfile, Flag, Instruction } from "./instruction.ts";
import { refuse } from "./refuse.ts";
import { bare, type EscapeSign } from "./words.ts";

/** Far more than people write, and soon enough an end: builders make a layer of each. */
export const MAX_DOCKERFILE_BYTES = 1024 * 1024;
const MAX_INSTRUCTIONS = 1_000;
const MAX_STAGES = 100;
/** bufio.MaxScanTokenSize, which builders stop at. */
const MAX_LINE = 64 * 1024;

// What some builder takes for a blank or an end of line and another does not, or what no text has.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const ODD = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0085\u2028\u2029\ufeff]|\r(?!\n|$)/u;

/**
 * Reads a Dockerfile into instructions, line by line as builders do (frontend/dockerfile/parser/parser.go), so that rules
 * can look at what will be done. What builders of different age read differently is turned down.
 *
 * @throws {BuildFailure} dockerfile_invalid; never anything else, whatever the text
 */
export const readDockerfile = (text: string): Dockerfile => {
  if (text.length > MAX_DOCKERFILE_BYTES)
    throw refuse.invalid(1, `it has more than ${MAX_DOCKERFILE_BYTES} characters`);
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  for (const [at, line] of lines.entries()) {
    if (ODD.test(line)) throw refuse.invalid(at + 1, "it has a control character that is no tab or end of line");
    if (line.length > MAX_LINE) throw refuse.invalid(at + 1, "it has more than 65,536 characters");
  }
  const plain = lines.map((line) => line.replace(/\r+$/, ""));
  if (
    plain
      .find((line) => line.trim() !== "")
      ?.trimStart()
      .startsWith("{")
  ) {
    throw refuse.invalid(1, "it is not a Dockerfile");
  }
  const { syntax, escapeSign } = readDirectives(plain);
  const instructions = readInstructions(plain, escapeSign);
  const stages = instructions.filter(({ keyword }) => keyword === "FROM").length;
  if (stages > MAX_STAGES) throw refuse.invalid(1, `it has more than ${MAX_STAGES} stages`);
  return { syntax, instructions };
};

const readInstructions = (lines: readonly string[], escapeSign: EscapeSign): Instruction[] => {
  const found: Instruction[] = [];
  let at = 0;
  while (at < lines.length) {
    const start = at;
    const { text, next } = joinLine(lines, at, escapeSign);
    at = next;
    if (text.trim() === "") continue;
    if (found.length === MAX_INSTRUCTIONS) {
      throw refuse.invalid(start + 1, `it has more than ${MAX_INSTRUCTIONS} instructions`);
    }
    const instruction = split(text, start + 1);
    const documents: string[] = [];
    for (const document of documentsOf(instruction, text, escapeSign)) {
      const end = endOf(document, lines, at);
      if (end === null) throw refuse.invalid(start + 1, `its here-document has no end "${document.name}"`);
      documents.push(lines.slice(at, end).join("\n"));
      at = end + 1;
    }
    found.push({ ...instruction, documents });
  }
  return found;
};

const isComment = (line: string): boolean => line.trimStart().startsWith("#");

/** One logical line: comments and empty lines between its parts are not of it. `next` is the line after it. */
const joinLine = (lines: readonly string[], from: number, escapeSign: EscapeSign): { text: string; next: number } => {
  let text = "";
  for (let at = from; at < lines.length; at++) {
    const line = at === from ? (lines[at] ?? "").trimStart() : (lines[at] ?? "");
    if (isComment(line)) {
      if (at === from) return { text: "", next: at + 1 };
      continue;
    }
    if (at > from && line.trim() === "") continue;
    const end = /[ \t]*$/.exec(line)?.index ?? line.length;
    if (line[end - 1] !== escapeSign) return { text: text + line, next: at + 1 };
    if (line[end - 2] === escapeSign) {
      throw refuse.invalid(at + 1, `it ends with ${escapeSign}${escapeSign}, which builders read in different ways`);
    }
    text += line.slice(0, end - 1);
  }
  return { text, next: lines.length };
};

/** Flags end at the first word that is none. */
const split = (text: string, line: number): Omit<Instruction, "documents"> => {
  const [, keyword = "", after = ""] = /^\s*(\S+)([\s\S]*)$/.exec(text) ?? [];
  const flags: Flag[] = [];
  let rest = after.trimStart();
  for (;;) {
    const word = /^\S+/.exec(rest)?.[0] ?? "";
    const flag = bare(word);
    if (!flag.startsWith("--") || flag === "--") return { line, keyword: keyword.toUpperCase(), flags, rest };
    // A quote may hold blanks. No flag that rules look at needs one, and what follows it is then looked at as well.
    const [name = "", ...value] = flag.slice(2).split("=");
    flags.push({ name, value: value.join("=") });
    rest = rest.slice(word.length).trimStart();
  }
};

const endOf = ({ name, isIndented }: HereDocument, lines: readonly string[], from: number): number | null => {
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if ((isIndented ? line.replace(/^\t+/, "") : line) === name) return at;
  }
  return null;
};
