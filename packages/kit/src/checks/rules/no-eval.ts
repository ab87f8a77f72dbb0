import { isCode } from "../tokens.ts";
import type { SourceRule } from "./rule.ts";

/** R4 and R13: data never becomes code. */
export const noEval: SourceRule = {
  name: "no-eval",
  instead: "Parse the data, or look the function up in a table.",
  exempt: () => false,
  find: ({ tokens }) =>
    tokens.flatMap((token, i) => {
      const called = isCode(tokens[i + 1], "(") && !isCode(tokens[i - 1], ".");
      if (isCode(token, "eval") && called) return [{ line: token.line, problem: "eval() runs a string as code." }];
      const made = isCode(token, "Function") && (isCode(tokens[i - 1], "new") || called);
      return made ? [{ line: token.line, problem: "Function() runs a string as code." }] : [];
    }),
};
