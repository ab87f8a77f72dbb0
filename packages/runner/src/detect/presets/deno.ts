import type { Fact } from "../fact.ts";
import type { ServicePreset } from "../preset.ts";

const CONFIGS = ["deno.json", "deno.jsonc"] as const;
const ENTRIES = ["main.ts", "server.ts", "mod.ts", "src/main.ts", "src/server.ts", "main.js", "server.js"];

/** A task of deno.json: a text, or an object with a command. */
const task = (name: string): Fact[] =>
  CONFIGS.map((text) => ({ text, matches: new RegExp(`"tasks"\\s*:\\s*\\{[^}]{0,20000}?"${name}"\\s*:`) }));

export const deno: ServicePreset = {
  kind: "service",
  name: "deno",
  title: "a Deno project",
  recognises: "a deno.json (Deno)",
  proofs: [
    { priority: 110, any: [{ file: "deno.lock" }], says: "deno.lock" },
    { priority: 105, any: CONFIGS.map((file) => ({ file })), says: "{value}" },
  ],
  // The makers publish no tag that follows a line, and those with a version name all three parts.
  images: { build: "denoland/deno:{version}", run: "denoland/deno:{version}" },
  versions: {
    of: "Deno",
    lines: ["2.5.2"],
    usual: "2.5.2",
    parts: [3, 3],
    pins: [{ from: { text: ".dvmrc", matches: /^\s*v?(\d[\d.]*)\s*$/ }, as: "exactly", where: ".dvmrc" }],
  },
  programs: ["deno"],
  managers: [
    {
      name: "deno",
      program: "deno",
      proofs: [],
      lists: ["deno.json", "deno.jsonc", "package.json"],
      lockfiles: ["deno.lock"],
      settings: [],
      frozen: ["deno", "install", "--frozen"],
      loose: ["deno", "install"],
      needsSource: [
        ...CONFIGS.map((text): Fact => ({ text, matches: /"(workspace|links|patch)"\s*:|":\s*"\.{1,2}\// })),
        { packageJson: ["workspaces"] },
      ],
      build: [{ any: task("build"), run: ["deno", "task", "build"] }],
    },
  ],
  starts: [
    { any: task("start"), run: ["deno", "task", "start"], says: "the task start of deno.json" },
    {
      // The wall around a service is its container or sandbox, which a permission less would not make any higher.
      entry: { files: ENTRIES },
      run: ["deno", "run", "--allow-all", "{path}"],
      says: "the file {path}",
    },
  ],
  hint: 'add "tasks": { "start": "…" } to deno.json',
  // Beside the project, so that what was installed is in the image; Deno takes it from the folder it starts in.
  env: { DENO_DIR: ".deno", DENO_NO_UPDATE_CHECK: "1" },
  buildEnv: { DENO_DIR: ".deno", DENO_NO_UPDATE_CHECK: "1" },
  caches: {},
  tools: ["node_modules/.bin"],
};
