import type { Tree } from "../tree.ts";
import type { Violation } from "../violation.ts";
import { envInConfig } from "./env-in-config.ts";
import { fileNames } from "./file-names.ts";
import { fileSize } from "./file-size.ts";
import { noConsole } from "./no-console.ts";
import { noEval } from "./no-eval.ts";
import { checkMachinePaths } from "./no-machine-paths.ts";
import { noRawHtml } from "./no-raw-html.ts";
import { noShell } from "./no-shell.ts";
import { noSkippedTests } from "./no-skipped-tests.ts";
import { noUnsafeSql } from "./no-unsafe-sql.ts";
import { oneCipher } from "./one-cipher.ts";
import { oneEgressClient } from "./one-egress-client.ts";
import { applyRule, type SourceRule } from "./rule.ts";

const RULES: readonly SourceRule[] = [
  noShell,
  noUnsafeSql,
  noEval,
  oneEgressClient,
  oneCipher,
  noRawHtml,
  noSkippedTests,
  noConsole,
  envInConfig,
  fileSize,
  fileNames,
];

/** Applies every rule that looks at files one by one. */
export const checkSource = (tree: Tree): Violation[] => [
  ...RULES.flatMap((rule) => applyRule(tree, rule)),
  ...checkMachinePaths(tree),
];
