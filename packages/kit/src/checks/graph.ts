import type { Import } from "./imports.ts";
import { type Package, packagesOf, resolveImport, type Target } from "./resolve.ts";
import { codeFiles, type Tree } from "./tree.ts";

export type Edge = { from: string; to: Target; via: Import };

/** Who imports what, over the whole repository. */
export type Graph = { packages: readonly Package[]; edges: ReadonlyMap<string, readonly Edge[]> };

export const graphOf = (tree: Tree): Graph => {
  const packages = packagesOf(tree);
  const edges = new Map<string, Edge[]>();
  for (const file of codeFiles(tree)) {
    const own = file.imports.flatMap((via) =>
      resolveImport(tree, packages, file.path, via.specifier).map((to) => ({ from: file.path, to, via })),
    );
    edges.set(file.path, own);
  }
  return { packages, edges };
};

/** Every library that loading `file` loads, directly or through other files. */
export const librariesBehind = (graph: Graph, file: string): ReadonlySet<string> => {
  const libraries = new Set<string>();
  const seen = new Set([file]);
  const queue = [file];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const { to, via } of graph.edges.get(next) ?? []) {
      if (via.typeOnly) continue;
      if ("library" in to) libraries.add(to.library);
      else if (!seen.has(to.file)) {
        seen.add(to.file);
        queue.push(to.file);
      }
    }
  }
  return libraries;
};
