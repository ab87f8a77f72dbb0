import { resolve } from "node:path";
import type { BunPlugin } from "bun";
import { fromBundler, refuse } from "./build-error.ts";
import { isShared, refusalOf } from "./client-only.ts";
import type { BuiltFile } from "./content-names.ts";
import type { FoundIsland } from "./find-islands.ts";

export interface BundledIslands {
  files: BuiltFile[];
  /** Island id to the name of its file. */
  entries: Map<string, string>;
  /** Shared specifiers that are imported, with a file that imports each. */
  shared: Map<string, string>;
  /** Absolute paths of every source that went in. */
  inputs: string[];
}

/** All islands of all apps in one build, so that what they have in common is one chunk. React and its like stay bare imports. */
export async function bundleIslands(islands: readonly FoundIsland[]): Promise<BundledIslands> {
  const shared = new Map<string, string>();
  const problems = new Set<string>();
  const paths = [...new Set(islands.map((island) => island.path))];
  const result = await Bun.build({
    ...BROWSER_BUILD,
    entrypoints: paths,
    splitting: true,
    metafile: true,
    naming: { entry: "[name]-[hash].[ext]", chunk: "chunk-[hash].[ext]" },
    plugins: [clientOnly(shared, problems)],
  });
  refuse([...problems].sort());
  if (!result.success) throw fromBundler(result.logs);
  // The metafile names files relative to the working directory.
  const byPath = new Map(islands.map((island) => [island.path, island.id]));
  const entries = new Map<string, string>();
  for (const [name, output] of Object.entries(result.metafile?.outputs ?? {})) {
    const id = output.entryPoint === undefined ? undefined : byPath.get(resolve(output.entryPoint));
    if (id !== undefined) entries.set(id, name.replace(/^\.\//, ""));
  }
  const files = await Promise.all(
    result.outputs.map(async (output) => ({ name: output.path.replace(/^.*\//, ""), text: await output.text() })),
  );
  const inputs = Object.keys(result.metafile?.inputs ?? {}).map((path) => resolve(path));
  return { files, entries, shared, inputs };
}

/** Options of every build for the browser. */
export const BROWSER_BUILD = {
  target: "browser",
  format: "esm",
  minify: true,
  sourcemap: "none",
  throw: false,
  define: { "process.env.NODE_ENV": '"production"' },
} as const;

/** Leaves shared packages to the import map and collects every import that has no place in a browser. */
export function clientOnly(shared: Map<string, string>, problems: Set<string>): BunPlugin {
  return {
    name: "client-only",
    setup(build) {
      build.onResolve({ filter: /./ }, ({ path, importer, kind }) => {
        if (kind === "entry-point-build" || importer === "") return undefined;
        const refusal = refusalOf(path, importer);
        if (refusal !== null) {
          problems.add(refusal);
          return { path, external: true };
        }
        if (!isShared(path)) return undefined;
        if (kind === "require-call" || kind === "require-resolve") {
          // A CommonJS file would keep its `require`, which no browser has.
          problems.add(`${importer} requires "${path}". Add its package to the shared ones in client-only.ts.`);
        }
        if (!shared.has(path)) shared.set(path, importer);
        return { path, external: true };
      });
    },
  };
}
