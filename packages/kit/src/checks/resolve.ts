import { dirname, join } from "node:path/posix";
import { z } from "zod";
import type { Tree } from "./tree.ts";

/** A workspace package: its npm name, its folder, and what its package.json exports. */
export type Package = { name: string; folder: string; exports: ReadonlyMap<string, string[]> };

/** Where an import leads: to a file of the repository, or to a library (by the name it is installed under). */
export type Target = { file: string } | { library: string };

const PackageJson = z.object({
  name: z.string(),
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])).default({}),
});

/** Every package below packages/. A package.json that is none is left to the package manager to complain about. */
export const packagesOf = (tree: Tree): Package[] =>
  [...tree.files.values()].flatMap((file) => {
    if (!/^packages\/(apps\/)?[^/]+\/package\.json$/.test(file.path)) return [];
    const { name, exports } = PackageJson.parse(JSON.parse(file.text));
    const entries = Object.entries(exports).map(([key, value]): [string, string[]] => [
      key,
      typeof value === "string" ? [value] : Object.values(value),
    ]);
    return [{ name, folder: dirname(file.path), exports: new Map(entries) }];
  });

/** The package that a file belongs to; null for files outside packages/. */
export const packageOf = (packages: readonly Package[], path: string): Package | null =>
  packages.find((candidate) => path.startsWith(`${candidate.folder}/`)) ?? null;

/**
 * Finds what `specifier` means in the file `from`. Several targets where a package exports different files for the
 * server and for browsers; a path that leads nowhere is left to the type checker.
 */
export const resolveImport = (tree: Tree, packages: readonly Package[], from: string, specifier: string): Target[] => {
  if (specifier.startsWith(".")) return existing(tree, [join(dirname(from), specifier)]);
  const owner = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (owner === undefined) return [{ library: libraryName(specifier) }];
  return existing(tree, exportedPaths(owner, `.${specifier.slice(owner.name.length)}`));
};

/** Follows `exports` as Node does: an exact key first, then the pattern with the longest part before its star. */
const exportedPaths = ({ folder, exports }: Package, subpath: string): string[] => {
  const exact = exports.get(subpath);
  if (exact !== undefined) return exact.map((path) => join(folder, path));
  const patterns = [...exports.keys()].filter((key) => key.endsWith("*") && subpath.startsWith(key.slice(0, -1)));
  const pattern = patterns.sort((a, b) => b.length - a.length)[0];
  if (pattern === undefined) return [];
  const rest = subpath.slice(pattern.length - 1);
  return (exports.get(pattern) ?? []).map((path) => join(folder, path.replace("*", rest)));
};

const existing = (tree: Tree, paths: readonly string[]): Target[] =>
  paths.flatMap((path) => {
    const file = [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find((candidate) => tree.files.has(candidate));
    return file === undefined ? [] : [{ file }];
  });

/** `@scope/name/sub` -> `@scope/name`, `name/sub` -> `name`, `node:fs/promises` -> `node:fs`. */
const libraryName = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
