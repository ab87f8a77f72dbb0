/** What proves that a preset fits; the first proof that holds is told in the log. */
export type Proof =
  | { file: string; says: string }
  /** A package that builds static sites, in a project that does not start a server of its own. */
  | { siteBuilder: true }
  /** package.json, with the runtime that its package manager belongs to. */
  | { runtime: "bun" | "node" };

export type PresetName = "dockerfile" | "bun" | "node" | "static";

/** A way to build a project. Everything that differs between them is in this table. */
export type Preset = {
  name: PresetName;
  title: string;
  proofs: readonly Proof[];
  /** What would be recognised, for the error when nothing is. */
  recognises: string;
  /** Images that builds and services start from; null where the project says so itself. */
  baseImage: string | null;
  /** How a script or a file of the project is started. */
  runFile: readonly string[];
  /** Files that are started when nothing else is said, in order. */
  entryFiles: readonly string[];
};

const BUN_IMAGE = "oven/bun:1";
const NODE_IMAGE = "node:22-slim";

/** In the order in which they are tried. */
export const PRESETS: readonly Preset[] = [
  {
    name: "dockerfile",
    title: "a Dockerfile",
    proofs: [{ file: "Dockerfile", says: "a Dockerfile" }],
    recognises: "a Dockerfile",
    baseImage: null,
    runFile: [],
    entryFiles: [],
  },
  {
    name: "static",
    title: "a static site",
    proofs: [{ siteBuilder: true }],
    recognises: "a package.json that builds a static site",
    baseImage: BUN_IMAGE,
    runFile: [],
    entryFiles: [],
  },
  {
    name: "bun",
    title: "a Bun project",
    proofs: [{ runtime: "bun" }],
    recognises: "a package.json with bun.lock",
    baseImage: BUN_IMAGE,
    runFile: ["bun"],
    entryFiles: ["index.ts", "server.ts", "src/index.ts", "src/server.ts", "index.js", "server.js"],
  },
  {
    name: "node",
    title: "a Node project",
    proofs: [{ runtime: "node" }],
    recognises: "a package.json",
    baseImage: NODE_IMAGE,
    runFile: ["node"],
    entryFiles: ["server.js", "index.js", "app.js", "server.mjs", "index.mjs"],
  },
  {
    name: "static",
    title: "a static site",
    proofs: [
      { file: "index.html", says: "an index.html" },
      { file: "public/index.html", says: "an index.html in public" },
      { file: "dist/index.html", says: "an index.html in dist" },
      { file: "build/index.html", says: "an index.html in build" },
      { file: "_site/index.html", says: "an index.html in _site" },
    ],
    recognises: "an index.html (in the folder itself, or in public, dist, build or _site)",
    baseImage: BUN_IMAGE,
    runFile: [],
    entryFiles: [],
  },
];

/** Packages whose `build` script makes a static site, and the folder they make it in unless configured otherwise. */
export const SITE_BUILDERS: Readonly<Record<string, string>> = {
  vite: "dist",
  astro: "dist",
  parcel: "dist",
  "react-scripts": "build",
  "@docusaurus/core": "build",
  "@11ty/eleventy": "_site",
  gatsby: "public",
  vitepress: ".vitepress/dist",
};

/** Where a site is when its builder is not known. */
export const SITE_FOLDER = "dist";

/** Paths below the project's folder that the tables ask for. */
export const pathsToLookFor = (): string[] =>
  PRESETS.flatMap(({ proofs, entryFiles }) => [
    ...entryFiles,
    ...proofs.flatMap((proof) => ("file" in proof ? [proof.file] : [])),
  ]).filter((path) => path.includes("/"));
