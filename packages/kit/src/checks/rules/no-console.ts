import { isCode } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

/**
 * What talks to a person: the CLI, the starter, build tools and these checks at a terminal, the island runtime in a
 * browser's console, and the launcher of the process engine in the log of the workload that it starts.
 */
const PEOPLE = [
  /^(bin|bench)\//,
  /^packages\/(cli|standalone)\//,
  /^packages\/ui\/src\/(build|boot)\//,
  /^packages\/kit\/src\/(checks\/|.*[/-]cli\.ts$)/,
  /^packages\/agent\/src\/engines\/process\/launcher\.ts$/,
];

/** Output of servers is the log: structured, with levels, redacted. */
export const noConsole: SourceRule = {
  name: "no-console",
  instead: "Log with the package's logger from log.ts: fields first, then a constant message.",
  exempt: (path) => isTest(path) || PEOPLE.some((pattern) => pattern.test(path)),
  find: ({ tokens }) =>
    tokens.flatMap((token, i) =>
      isCode(token, "console") && isCode(tokens[i + 1], ".")
        ? [{ line: token.line, problem: "console bypasses the log." }]
        : [],
    ),
};
