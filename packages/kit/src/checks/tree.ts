import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Import, importsOf } from "./imports.ts";
import { type Token, tokenize } from "./tokens.ts";

/** A text file of the repository. `tokens` and `imports` are empty unless it is TypeScript. */
export type SourceFile = { path: string; text: string; tokens: readonly Token[]; imports: readonly Import[] };

/** Every text file of a repository by its path below `root`, with forward slashes. */
export type Tree = { root: string; files: ReadonlyMap<string, SourceFile> };

/** Folders whose content nobody here wrote. */
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", ".git", ".homeport", ".bun"]);
const TEXT = /\.(ts|tsx|js|css|sql|sh|json|jsonc|yml|yaml|md|html|toml)$|^(bin|\.ci)\/|(^|\/)Dockerfile[^/]*$/;
const CODE = /\.tsx?$/;
/** A larger file is data, not source. */
const MAX_BYTES = 1024 * 1024;

export const readTree = async (root: string): Promise<Tree> => {
  const files = new Map<string, SourceFile>();
  for (const path of await listFiles(root, "")) {
    const file = Bun.file(join(root, path));
    if (TEXT.test(path) && file.size <= MAX_BYTES) files.set(path, toSource(path, await file.text()));
  }
  return { root, files };
};

/** Two files of the tests are one line each, so a tree can be written down in place. */
export const treeOf = (root: string, files: Record<string, string>): Tree => ({
  root,
  files: new Map(Object.entries(files).map(([path, text]) => [path, toSource(path, text)])),
});

/** Test code may reach for anything: it runs on no one's server. */
export const isTest = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) || /^packages\/(apps\/)?[^/]+\/test\//.test(path) || path.startsWith("bench/");

/** Written by a program, so rules of form do not bind it. */
export const isGenerated = (path: string): boolean => path.includes(".generated.") || path.endsWith("bun.lock");

/** The files that hold TypeScript which somebody wrote. */
export const codeFiles = (tree: Tree): SourceFile[] =>
  [...tree.files.values()].filter((file) => CODE.test(file.path) && !isGenerated(file.path));

const listFiles = async (root: string, folder: string): Promise<string[]> => {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const nested = entries
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : listFiles(root, path);
      return entry.isFile() ? [path] : [];
    });
  return (await Promise.all(nested)).flat();
};

const toSource = (path: string, text: string): SourceFile => {
  const tokens = CODE.test(path) ? tokenize(text, path.endsWith(".tsx")) : [];
  return { path, text, tokens, imports: importsOf(tokens) };
};
