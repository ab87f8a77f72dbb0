import { PUBLIC_PREFIX } from "../assets/manifest.ts";
import type { BuiltFile } from "./content-names.ts";

/** What the runtime imports beside the island. */
const WITH_EVERY_ISLAND = ["react", "react-dom/client"];

const scanner = new Bun.Transpiler({ loader: "js" });

/** URLs that starting this island will load, found by walking the static imports of the built files; the island itself is not among them. */
export function preloadsOf(name: string, files: readonly BuiltFile[], imports: Record<string, string>): string[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const found = new Set<string>();
  const queue = [name, ...WITH_EVERY_ISLAND.map((specifier) => fileOf(specifier, imports))];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const file = byName.get(next);
    if (file === undefined || found.has(next)) continue;
    found.add(next);
    for (const one of scanner.scanImports(file.text)) {
      if (one.kind === "import-statement") queue.push(fileOf(one.path, imports));
    }
  }
  found.delete(name);
  return [...found].sort().map((file) => PUBLIC_PREFIX + file);
}

const fileOf = (specifier: string, imports: Record<string, string>): string =>
  specifier.startsWith("./") ? specifier.slice(2) : (imports[specifier] ?? "").slice(PUBLIC_PREFIX.length);
