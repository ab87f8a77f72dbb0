import { parsePackageJson } from "../src/detect/package-json.ts";
import type { Project } from "../src/detect/project.ts";

/** What detection sees of a source with these files at its root. */
export const project = (files: string[], packageJson?: object, procfileWeb: string | null = null): Project => ({
  files: new Set(packageJson === undefined ? files : ["package.json", ...files]),
  packageJson: packageJson === undefined ? null : parsePackageJson(JSON.stringify(packageJson)),
  procfileWeb,
});
