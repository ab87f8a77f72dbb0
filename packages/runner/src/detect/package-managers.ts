import type { Project } from "./project.ts";

/** A program that installs dependencies, and how it is told to. A new one is a row of the table below. */
export type PackageManager = {
  name: string;
  /** The runtime that its projects start with. */
  preset: "bun" | "node";
  /** For people. */
  title: string;
  /** What has to be installed where the build runs. */
  program: string;
  lockfiles: readonly string[];
  /** Files besides package.json and lockfiles that change what is installed. */
  settings: readonly string[];
  /** Exactly what the lockfile says. */
  frozen: readonly string[];
  /** Without a lockfile. */
  loose: readonly string[];
  /** Runs a script of package.json; its name follows. */
  run: readonly string[];
};

const BUN: PackageManager = {
  name: "bun",
  preset: "bun",
  title: "Bun",
  program: "bun",
  lockfiles: ["bun.lock", "bun.lockb"],
  settings: ["bunfig.toml", ".npmrc"],
  frozen: ["bun", "install", "--frozen-lockfile"],
  loose: ["bun", "install"],
  run: ["bun", "run"],
};

const PNPM: PackageManager = {
  name: "pnpm",
  preset: "node",
  title: "pnpm",
  program: "corepack",
  lockfiles: ["pnpm-lock.yaml"],
  settings: [".npmrc", ".pnpmfile.cjs"],
  frozen: ["corepack", "pnpm", "install", "--frozen-lockfile"],
  loose: ["corepack", "pnpm", "install"],
  run: ["corepack", "pnpm", "run"],
};

/** Yarn 2 and later. It puts programs where Node finds them only with this linker. */
const YARN: PackageManager = {
  name: "yarn",
  preset: "node",
  title: "Yarn",
  program: "corepack",
  lockfiles: ["yarn.lock"],
  settings: [".yarnrc.yml", ".npmrc"],
  frozen: ["corepack", "yarn", "install", "--immutable"],
  loose: ["corepack", "yarn", "install"],
  run: ["corepack", "yarn", "run"],
};

const YARN_CLASSIC: PackageManager = {
  ...YARN,
  name: "yarn-classic",
  title: "Yarn 1",
  settings: [".yarnrc", ".npmrc"],
  frozen: ["corepack", "yarn", "install", "--frozen-lockfile"],
};

const NPM: PackageManager = {
  name: "npm",
  preset: "node",
  title: "npm",
  program: "npm",
  lockfiles: ["package-lock.json", "npm-shrinkwrap.json"],
  settings: [".npmrc"],
  frozen: ["npm", "ci"],
  loose: ["npm", "install"],
  run: ["npm", "run"],
};

/** The first whose lockfile is there wins. */
export const PACKAGE_MANAGERS: readonly PackageManager[] = [BUN, PNPM, YARN, YARN_CLASSIC, NPM];

/** A package manager, and what in the project speaks for it (in words that follow "package.json"). */
export type ManagerChoice = { manager: PackageManager; lockfile: string | null; because: string };

/**
 * By the packageManager field, then by lockfile, then by `engines`; npm otherwise. When `runtime` was asked for and the
 * project's own package manager belongs to the other one, the runtime's own installs without a lockfile: images of Bun
 * have no npm, and those of Node no Bun.
 */
export const choosePackageManager = (project: Project, runtime?: "bun" | "node"): ManagerChoice => {
  const choice = findPackageManager(project);
  if (runtime === undefined || choice.manager.preset === runtime) return choice;
  return { manager: runtime === "bun" ? BUN : NPM, lockfile: null, because: `for ${runtime}` };
};

const findPackageManager = (project: Project): ManagerChoice => {
  const field = project.packageJson?.packageManager;
  const named = field === undefined ? undefined : byField(field);
  if (named !== undefined) {
    const lockfile = named.lockfiles.find((name) => project.files.has(name)) ?? null;
    return { manager: named, lockfile, because: `with "packageManager": "${field}"` };
  }
  for (const manager of PACKAGE_MANAGERS) {
    const lockfile = manager.lockfiles.find((name) => project.files.has(name));
    if (lockfile === undefined || (manager === YARN && !project.files.has(".yarnrc.yml"))) continue;
    return { manager, lockfile, because: `with a lockfile from ${manager.title} (${lockfile})` };
  }
  const { bun } = project.packageJson?.engines ?? {};
  if (bun !== undefined) return { manager: BUN, lockfile: null, because: `with "engines": { "bun": "${bun}" }` };
  return { manager: NPM, lockfile: null, because: "without a lockfile" };
};

const byField = (field: string): PackageManager | undefined => {
  const [name, version = ""] = field.split("@");
  if (name === "yarn") return /^[01]\./.test(version) ? YARN_CLASSIC : YARN;
  return PACKAGE_MANAGERS.find((manager) => manager.name === name);
};
