import { isCode, type Token } from "./tokens.ts";

/**
 * One module that a file names. `typeOnly` imports are erased before the code runs; `dynamic` ones run later than the
 * file that contains them.
 */
export type Import = { specifier: string; line: number; typeOnly: boolean; dynamic: boolean };

/** Lists the imports and re-exports of a file in the order in which they stand. */
export const importsOf = (tokens: readonly Token[]): Import[] =>
  tokens.flatMap((token, index) => {
    if (token.kind !== "name" || isCode(tokens[index - 1], ".")) return [];
    const found =
      token.text === "import"
        ? (callAt(tokens, index) ?? statementAt(tokens, index))
        : token.text === "export"
          ? reExportAt(tokens, index)
          : token.text === "require"
            ? callAt(tokens, index)
            : null;
    return found === null ? [] : [found];
  });

/** `import("x")` and `require("x")`; in the place of a type, as in `typeof import("x")`, it is erased. */
const callAt = (tokens: readonly Token[], index: number): Import | null => {
  const specifier = tokens[index + 2];
  if (!isCode(tokens[index + 1], "(") || specifier?.kind !== "string") return null;
  const before = tokens[index - 1];
  const typeOnly = before !== undefined && ["typeof", ":", "<", "|", "&"].includes(before.text);
  return { specifier: specifier.text, line: specifier.line, typeOnly, dynamic: true };
};

/** `import "x"`, `import a, { b } from "x"`, `import type { A } from "x"`. */
const statementAt = (tokens: readonly Token[], index: number): Import | null => {
  const first = tokens[index + 1];
  if (first?.kind === "string") return { specifier: first.text, line: first.line, typeOnly: false, dynamic: false };
  return fromClause(tokens, index);
};

/** `export * from "x"`, `export { a } from "x"`; an export of the file's own names is none. */
const reExportAt = (tokens: readonly Token[], index: number): Import | null => {
  const first = isCode(tokens[index + 1], "type") ? tokens[index + 2] : tokens[index + 1];
  return isCode(first, "{") || isCode(first, "*") ? fromClause(tokens, index) : null;
};

const fromClause = (tokens: readonly Token[], index: number): Import | null => {
  const end = tokens.findIndex((token, i) => i > index && (token.kind === "string" || isCode(token, ";")));
  const specifier = tokens[end];
  if (specifier?.kind !== "string" || !isCode(tokens[end - 1], "from")) return null;
  const clause = tokens.slice(index + 1, end - 1).map((token) => token.text);
  return { specifier: specifier.text, line: specifier.line, typeOnly: isErased(clause), dynamic: false };
};

/** Whether a clause names types only: `type { A }`, `type A`, or `{ type A, type B }`. */
const isErased = (clause: readonly string[]): boolean => {
  if (clause[0] === "type" && clause.length > 1 && clause[1] !== ",") return true;
  if (clause[0] !== "{" || clause.length < 3) return false;
  return clause.every((text, i) => !["{", ","].includes(text) || isTypeOrEnd(clause[i + 1], clause[i + 2]));
};

const isTypeOrEnd = (text: string | undefined, next: string | undefined): boolean =>
  text === "}" || (text === "type" && next !== "," && next !== "}");
