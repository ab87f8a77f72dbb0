import { isCode } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

/** What talks to a person at a terminal: the CLI, the starter, build tools, these checks. */
const TERMINAL =
  /^(bin|bench)\/|^packages\/(cli|standalone)\/|^packages\/ui\/(src\/build|build)|^packages\/kit\/src\/checks\//;

/** Output of servers is the log: structured, with levels, redacted. */
export const noConsole: SourceRule = {
  name: "no-console",
  instead: "Log with the package's logger from log.ts: fields first, then a constant message.",
  exempt: (path) => isTest(path) || TERMINAL.test(path),
  find: ({ tokens }) =>
    tokens.flatMap((token, i) =>
      isCode(token, "console") && isCode(tokens[i + 1], ".")
        ? [{ line: token.line, problem: "console bypasses the log." }]
        : [],
    ),
};
