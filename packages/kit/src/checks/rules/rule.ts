import { codeFiles, type SourceFile, type Tree } from "../tree.ts";
import type { Violation } from "../violation.ts";

/** Something that a rule found in one file. */
export type Finding = { line: number; problem: string };

/** A rule about single files of code. `exempt` files are where the forbidden thing lives on purpose. */
export type SourceRule = {
  name: string;
  instead: string;
  exempt: (path: string) => boolean;
  find: (file: SourceFile) => Finding[];
};

export const applyRule = (tree: Tree, rule: SourceRule): Violation[] =>
  codeFiles(tree)
    .filter((file) => !rule.exempt(file.path))
    .flatMap((file) =>
      rule.find(file).map(({ line, problem }) => ({
        rule: rule.name,
        file: file.path,
        line,
        problem,
        instead: rule.instead,
      })),
    );
