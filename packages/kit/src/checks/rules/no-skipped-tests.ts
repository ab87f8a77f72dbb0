import { isCode } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

const MODIFIERS = new Set(["skip", "todo", "only", "failing"]);
const BLOCKS = ["test", "it", "describe", "each"];

/** A test that does not run, or hides the others, is worse than none. */
export const noSkippedTests: SourceRule = {
  name: "no-skipped-tests",
  instead: "Make it pass, or delete it.",
  exempt: (path) => !isTest(path),
  find: ({ tokens }) =>
    tokens.flatMap((token, i) =>
      MODIFIERS.has(token.text) && isCode(tokens[i - 1], ".") && BLOCKS.some((block) => isCode(tokens[i - 2], block))
        ? [{ line: token.line, problem: `.${token.text} keeps tests from running.` }]
        : [],
    ),
};
