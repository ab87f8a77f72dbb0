import { parsePackageJson } from "../src/detect/package-json.ts";
import type { Project } from "../src/detect/project.ts";

/** What detection sees of a source with these files at its root; `texts` are files with what is in them. */
export const project = (
  files: string[],
  packageJson?: object,
  procfileWeb: string | null = null,
  texts: Record<string, string> = {},
): Project => ({
  files: new Set([...(packageJson === undefined ? [] : ["package.json"]), ...files, ...Object.keys(texts)]),
  texts: new Map(Object.entries(texts)),
  packageJson: packageJson === undefined ? null : parsePackageJson(JSON.stringify(packageJson)),
  procfileWeb,
});
