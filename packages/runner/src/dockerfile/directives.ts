import { refuse } from "./refuse.ts";
import type { EscapeSign } from "./words.ts";

/** What the lines at the top of a Dockerfile say about how it is read. */
export type Directives = {
  syntax: string | null;
  /** Ends a line that goes on in the next one. */
  escapeSign: EscapeSign;
};

const DIRECTIVE = /^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;
const KNOWN = ["syntax", "escape", "check"];

/**
 * Reads them as BuildKit does (frontend/dockerfile/parser/directives.go): comments at the very top, until the first line
 * that is none. It looks for a frontend also behind a `#!` line and in `//` comments.
 *
 * @throws {BuildFailure} dockerfile_invalid
 */
export const readDirectives = (lines: readonly string[]): Directives => {
  const said = readAs("#", lines);
  const escapeSign = said.get("escape") ?? "\\";
  if (escapeSign !== "\\" && escapeSign !== "`") throw refuse.invalid(1, "its escape directive names neither \\ nor `");
  const names = [...said.keys()];
  if (names.includes("check") && names.indexOf("check") < names.indexOf("escape")) {
    throw refuse.invalid(1, "its escape directive follows another one that older builders take for a comment");
  }
  const behind = lines[0]?.startsWith("#!") === true ? lines.slice(1) : lines;
  const syntax = readAs("#", behind).get("syntax") ?? readAs("//", behind).get("syntax") ?? null;
  return { syntax, escapeSign };
};

const readAs = (comment: string, lines: readonly string[]): Map<string, string> => {
  const said = new Map<string, string>();
  for (const [at, line] of lines.entries()) {
    const text = line.trimStart();
    const match = text.startsWith(comment) ? DIRECTIVE.exec(text.slice(comment.length).trimStart()) : null;
    const name = match?.[1]?.toLowerCase() ?? "";
    if (match === null || !KNOWN.includes(name)) return said;
    if (said.has(name)) throw refuse.invalid(at + 1, `only one ${name} directive can be used`);
    said.set(name, match[2] ?? "");
  }
  return said;
};
