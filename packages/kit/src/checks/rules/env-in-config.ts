import { isCode, type Token } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

/** Where the environment is read: config.ts of a package, kit's env.ts, tools that start things. */
const READERS = /^(bin|bench)\/|^packages\/(apps\/)?[^/]+\/src\/config\.ts$|^packages\/kit\/src\/(env\.ts$|checks\/)/;

/** The operating system's own, which say nothing about Homeport and are handed on to child processes. */
const SYSTEM = new Set(["PATH", "HOME", "PWD", "TMPDIR", "LANG", "LC_ALL", "TZ", "TERM", "NO_COLOR", "NODE_ENV"]);

/** One place tells what a package can be told, and references/env-reference.md is made from it. */
export const envInConfig: SourceRule = {
  name: "env-in-config",
  instead: "Declare the variable with defineEnv in the package's config.ts and pass its value on.",
  exempt: (path) => isTest(path) || READERS.test(path),
  find: ({ tokens }) =>
    tokens.flatMap((token, i) =>
      isCode(token, "env") &&
      isCode(tokens[i - 1], ".") &&
      isEnvOwner(tokens, i - 2) &&
      !SYSTEM.has(nameAfter(tokens, i))
        ? [{ line: token.line, problem: "The environment is read outside of config.ts." }]
        : [],
    ),
};

/** `process.env`, `Bun.env`, `import.meta.env`. */
const isEnvOwner = (tokens: readonly Token[], i: number): boolean =>
  isCode(tokens[i], "process") || isCode(tokens[i], "Bun") || (isCode(tokens[i], "meta") && isCode(tokens[i - 1], "."));

/** The variable in `env.NAME` and `env["NAME"]`; empty for the environment as a whole. */
const nameAfter = (tokens: readonly Token[], i: number): string =>
  isCode(tokens[i + 1], ".") || isCode(tokens[i + 1], "[") ? (tokens[i + 2]?.text ?? "") : "";
