import type { ServicePreset } from "../preset.ts";
import { buildScript, locked, named, needsSource } from "./javascript.ts";

const lockfiles = ["bun.lock", "bun.lockb"];
const runFile = ["bun", "{path}"];

export const bun: ServicePreset = {
  kind: "service",
  name: "bun",
  title: "a Bun project",
  recognises: "a package.json with bun.lock",
  proofs: [],
  images: { build: "oven/bun:{version}", run: "oven/bun:{version}" },
  versions: {
    of: "Bun",
    lines: ["1"],
    usual: "1",
    parts: [1, 3],
    pins: [
      { from: { text: ".bun-version", matches: /^\s*v?([\d.]+)\s*$/ }, as: "exactly", where: ".bun-version" },
      {
        from: { packageJson: ["packageManager"], matches: /^bun@([\d.]+)/ },
        as: "exactly",
        where: '"packageManager" of package.json',
      },
      { from: { packageJson: ["engines", "bun"] }, as: "npm", where: '"engines" of package.json' },
    ],
  },
  programs: ["bun"],
  managers: [
    {
      name: "bun",
      program: "bun",
      proofs: [
        named(/^bun(?:@.*)?$/),
        locked(89, "Bun", lockfiles),
        {
          priority: 75,
          all: [{ packageJson: ["engines", "bun"] }],
          says: 'package.json with "engines": { "bun": "{value}" }',
        },
      ],
      lists: ["package.json"],
      lockfiles,
      settings: ["bunfig.toml", ".npmrc"],
      frozen: ["bun", "install", "--frozen-lockfile"],
      loose: ["bun", "install"],
      needsSource,
      build: buildScript("bun", "run"),
    },
  ],
  starts: [
    // Bun runs scripts in 8 MB and passes signals on, so it is asked to. `--bun` makes programs that ask for node run on
    // Bun too, as they do in an image that has no node, so that a service behaves alike on every engine.
    {
      all: [{ packageJson: ["scripts", "start"], matches: /^[\s\S]*\S[\s\S]*$/ }],
      run: ["bun", "--bun", "run", "start"],
      says: "the start script of package.json ({value})",
    },
    { entry: { named: { packageJson: ["main"] } }, run: runFile, says: '"main" of package.json' },
    { entry: { named: { packageJson: ["module"] } }, run: runFile, says: '"module" of package.json' },
    {
      entry: { files: ["index.ts", "server.ts", "src/index.ts", "src/server.ts", "index.js", "server.js"] },
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
  caches: { BUN_INSTALL_CACHE_DIR: "{cache}/bun" },
  tools: ["node_modules/.bin"],
};
