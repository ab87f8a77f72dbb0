import { isCode, type Token } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

/** Where the environment is read: config.ts of a package, kit's env.ts and log.ts, tools that start things. */
const READERS =
  /^(bin|bench)\/|^packages\/(apps\/)?[^/]+\/src\/config\.ts$|^packages\/kit\/src\/((env|log)\.ts$|checks\/)/;

/** One place tells what a package can be told, and references/env-reference.md is made from it. */
export const envInConfig: SourceRule = {
  name: "env-in-config",
  instead: "Declare the variable with defineEnv in the package's config.ts and pass its value on.",
  exempt: (path) => isTest(path) || READERS.test(path),
  find: ({ tokens }) =>
    tokens.flatMap((token, i) =>
      isCode(token, "env") && isCode(tokens[i - 1], ".") && isEnvOwner(tokens, i - 2)
        ? [{ line: token.line, problem: "The environment is read outside of config.ts." }]
        : [],
    ),
};

/** `process.env`, `Bun.env`, `import.meta.env`. */
const isEnvOwner = (tokens: readonly Token[], i: number): boolean =>
  isCode(tokens[i], "process") || isCode(tokens[i], "Bun") || (isCode(tokens[i], "meta") && isCode(tokens[i - 1], "."));
