import type { Fact } from "../fact.ts";
import type { BuildRule, Proof } from "../preset.ts";

/** What the presets bun and node share; it is no preset itself. */

/**
 * Installing needs more than lists when it runs code of the project, or takes packages out of it: workspaces, patches,
 * scripts that installing runs, packages by their path, files that change what a manager does.
 */
export const needsSource: readonly Fact[] = [
  { packageJson: ["workspaces"] },
  { packageJson: ["patchedDependencies"] },
  ...["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"].map(
    (name): Fact => ({ packageJson: ["scripts", name] }),
  ),
  { file: ".pnpmfile.cjs" },
  { file: ".yarnrc.yml" },
  { file: "pnpm-workspace.yaml" },
  { dependencyVersion: /^(file|link|portal|patch|workspace):|^[./~]/ },
];

/** `packageManager` names this manager, and nothing is more certain. */
export const named = (matches: RegExp): Proof => ({
  priority: 95,
  all: [{ packageJson: ["packageManager"], matches }],
  says: 'package.json with "packageManager": "{value}"',
});

/** A lockfile beside package.json. */
export const locked = (
  priority: number,
  title: string,
  lockfiles: readonly string[],
  also: readonly Fact[] = [],
): Proof => ({
  priority,
  all: [{ file: "package.json" }, ...also],
  any: lockfiles.map((file) => ({ file })),
  says: `package.json with a lockfile from ${title} ({value})`,
});

/** The `build` script of package.json. */
export const buildScript = (...run: string[]): BuildRule[] => [
  { all: [{ packageJson: ["scripts", "build"] }], run: [...run, "build"] },
];
