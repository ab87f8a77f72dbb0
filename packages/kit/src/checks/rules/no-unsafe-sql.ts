import { isCode } from "../tokens.ts";
import type { SourceRule } from "./rule.ts";

/** The migrator runs files of ours as they stand; the job queue's library brings its own text with parameters. */
const OWNERS = /^packages\/kit\/src\/(db\/|jobs\/adapter\.ts$)/;

/** R14 of the security rules: a value can never become SQL. */
export const noUnsafeSql: SourceRule = {
  name: "no-unsafe-sql",
  instead: "Use the sql tag with parameters; map names of columns through a fixed list, or sql(name).",
  exempt: (path) => OWNERS.test(path),
  find: ({ tokens }) =>
    tokens.flatMap((token, i) =>
      isCode(token, "unsafe") && isCode(tokens[i - 1], ".") && isCode(tokens[i + 1], "(")
        ? [{ line: token.line, problem: ".unsafe() runs a string as SQL." }]
        : [],
    ),
};
