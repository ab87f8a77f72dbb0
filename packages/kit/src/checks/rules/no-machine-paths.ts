import type { Tree } from "../tree.ts";
import type { Violation } from "../violation.ts";

/** Homes and work folders of somebody's machine, at the start of a path. */
const MACHINE_PATH = /(?<![\w.~@/-])\/(work|root|Users)\/[\w.-]/;

/** What is checked in works anywhere. Looks at every text file, comments included; these checks name the paths. */
export const checkMachinePaths = (tree: Tree): Violation[] =>
  [...tree.files.values()].flatMap(({ path, text }) => {
    if (path.startsWith("packages/kit/src/checks/") || !MACHINE_PATH.test(text)) return [];
    return text.split("\n").flatMap((line, i) => {
      const found = MACHINE_PATH.exec(line)?.[0];
      return found === undefined ? [] : [violationAt(path, i + 1, found)];
    });
  });

const violationAt = (file: string, line: number, found: string): Violation => ({
  rule: "no-machine-paths",
  file,
  line,
  problem: `"${found.slice(0, -1)}" exists on one machine.`,
  instead: "Take the path as an argument, from import.meta.dir, or from a temporary folder.",
});
