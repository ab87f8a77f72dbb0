import type { Manager, ServicePreset } from "../preset.ts";
import { buildScript, locked, named, needsSource } from "./javascript.ts";

const runFile = ["node", "{path}"];

const pnpm: Manager = {
  name: "pnpm",
  program: "corepack",
  proofs: [named(/^pnpm(?:@.*)?$/), locked(88, "pnpm", ["pnpm-lock.yaml"])],
  lists: ["package.json"],
  lockfiles: ["pnpm-lock.yaml"],
  settings: [".npmrc", ".pnpmfile.cjs"],
  frozen: ["corepack", "pnpm", "install", "--frozen-lockfile"],
  loose: ["corepack", "pnpm", "install"],
  needsSource,
  build: buildScript("corepack", "pnpm", "run"),
};

/** Yarn 2 and later. It puts programs where Node finds them only with the linker that its own file names. */
const yarn: Manager = {
  name: "yarn",
  program: "corepack",
  proofs: [named(/^yarn(?:@(?![01]\.).*)?$/), locked(87, "Yarn", ["yarn.lock"], [{ file: ".yarnrc.yml" }])],
  lists: ["package.json"],
  lockfiles: ["yarn.lock"],
  settings: [".yarnrc.yml", ".npmrc"],
  frozen: ["corepack", "yarn", "install", "--immutable"],
  loose: ["corepack", "yarn", "install"],
  needsSource,
  build: buildScript("corepack", "yarn", "run"),
};

const yarnClassic: Manager = {
  ...yarn,
  name: "yarn-classic",
  proofs: [named(/^yarn@[01]\..*$/), locked(86, "Yarn 1", ["yarn.lock"])],
  settings: [".yarnrc", ".npmrc"],
  frozen: ["corepack", "yarn", "install", "--frozen-lockfile"],
};

const npm: Manager = {
  name: "npm",
  program: "npm",
  proofs: [
    named(/^npm(?:@.*)?$/),
    locked(85, "npm", ["package-lock.json", "npm-shrinkwrap.json"]),
    {
      priority: 70,
      all: [{ file: "package.json" }],
      none: [{ file: "bun.lock" }, { file: "bun.lockb" }],
      says: "package.json without a lockfile",
    },
  ],
  lists: ["package.json"],
  lockfiles: ["package-lock.json", "npm-shrinkwrap.json"],
  settings: [".npmrc"],
  frozen: ["npm", "ci"],
  loose: ["npm", "install"],
  needsSource,
  build: buildScript("npm", "run"),
};

export const node: ServicePreset = {
  kind: "service",
  name: "node",
  title: "a Node project",
  recognises: "a package.json",
  proofs: [],
  images: { build: "node:{version}-slim", run: "node:{version}-slim" },
  versions: {
    of: "Node",
    lines: ["24", "22", "20", "18"],
    usual: "22",
    parts: [1, 3],
    pins: [
      { from: { text: ".nvmrc", matches: /^\s*v?(\d[\d.]*)\s*$/ }, as: "exactly", where: ".nvmrc" },
      { from: { text: ".node-version", matches: /^\s*v?(\d[\d.]*)\s*$/ }, as: "exactly", where: ".node-version" },
      { from: { packageJson: ["engines", "node"] }, as: "npm", where: '"engines" of package.json' },
    ],
  },
  programs: ["node"],
  managers: [pnpm, yarn, yarnClassic, npm],
  starts: [
    // npm would cost 40 MB for each replica and leaves the real process behind when it is stopped, so the script is run as
    // npm would run it, without npm.
    {
      all: [{ packageJson: ["scripts", "start"], matches: /^[\s\S]*\S[\s\S]*$/ }],
      before: { packageJson: ["scripts", "prestart"] },
      run: { line: "{value}" },
      says: "the start script of package.json ({value})",
    },
    { entry: { named: { packageJson: ["main"] } }, run: runFile, says: '"main" of package.json' },
    {
      entry: { files: ["server.js", "index.js", "app.js", "server.mjs", "index.mjs"] },
      run: runFile,
      says: "the file {path}",
    },
    {
      all: [{ onlyDependency: true }],
      run: { line: "{program}" },
      says: "the program of the only dependency, {value}",
    },
  ],
  hint: 'add "scripts": { "start": "…" } to package.json',
  env: { NODE_ENV: "production" },
  buildEnv: {},
  caches: { npm_config_cache: "{cache}/npm", YARN_CACHE_FOLDER: "{cache}/yarn", COREPACK_HOME: "{cache}/corepack" },
  tools: ["node_modules/.bin"],
};
