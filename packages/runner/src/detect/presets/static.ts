import type { SitePreset } from "../preset.ts";

const builders = {
  vite: "dist",
  astro: "dist",
  parcel: "dist",
  "react-scripts": "build",
  "@docusaurus/core": "build",
  "@11ty/eleventy": "_site",
  gatsby: "public",
  vitepress: ".vitepress/dist",
};

const pages = ["index.html", "public/index.html", "dist/index.html", "build/index.html", "_site/index.html"] as const;

export const staticSite: SitePreset = {
  kind: "site",
  name: "static",
  title: "a static site",
  recognises:
    "a package.json that builds a static site, or an index.html (in the folder itself, or in public, dist, build or _site)",
  proofs: [
    {
      priority: 100,
      all: [{ packageJson: ["scripts", "build"] }],
      any: Object.keys(builders).map((dependency) => ({ dependency })),
      none: [{ packageJson: ["scripts", "start"] }, { procfile: "web" }],
      says: "package.json with {value} and a build script, but nothing that starts a server",
    },
    { priority: 10, all: [{ file: "index.html" }], says: "an index.html" },
    { priority: 9, all: [{ file: "public/index.html" }], says: "an index.html in public" },
    { priority: 8, all: [{ file: "dist/index.html" }], says: "an index.html in dist" },
    { priority: 7, all: [{ file: "build/index.html" }], says: "an index.html in build" },
    { priority: 6, all: [{ file: "_site/index.html" }], says: "an index.html in _site" },
  ],
  builtWith: ["bun", "node"],
  builders,
  folder: "dist",
  pages,
  image: "oven/bun:1",
};
