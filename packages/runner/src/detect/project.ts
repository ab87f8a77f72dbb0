import { constants } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { filesAskedFor, textsAskedFor } from "./asked-for.ts";
import { MAX_PACKAGE_JSON_BYTES, type PackageJson, parsePackageJson } from "./package-json.ts";

/** What detection knows of a project. Plain data, so that the rules can be tested without a disk. */
export type Project = {
  /** Files in the project's folder, and those in folders below it that some rule asks for. */
  files: ReadonlySet<string>;
  /** Texts of files that some rule reads, by path. One that is too long is not among them. */
  texts: ReadonlyMap<string, string>;
  packageJson: PackageJson | null;
  /** The command of the `web` line of a Procfile. */
  procfileWeb: string | null;
};

const MAX_NAMES = 10_000;
/** Of a folder that a rule looks into with `*`. */
const MAX_NAMES_BELOW = 500;
/** As long as a script of package.json may be. */
const MAX_COMMAND = 4000;
const MAX_PROCFILE_BYTES = 64 * 1024;
/** Lists of dependencies are a tenth of it; what is longer is nothing that people wrote. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/** @throws {BuildFailure} package_json_invalid; source_invalid */
export const readProject = async (folder: string): Promise<Project> => {
  const root = await realpath(folder);
  const entries = (await readdir(root, { withFileTypes: true })).slice(0, MAX_NAMES);
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  const packageText = files.has("package.json") ? await readInside(root, "package.json", MAX_PACKAGE_JSON_BYTES) : null;
  const packageJson = packageText === null ? null : parsePackageJson(packageText);
  for (const path of await pathsOf(root, packageJson)) if (await isFileInside(root, path)) files.add(normalise(path));
  const texts = new Map<string, string>();
  for (const path of textsAskedFor()) {
    const text = files.has(path) ? await readText(root, path) : null;
    if (text !== null) texts.set(path, text);
  }
  const procfile = files.has("Procfile") ? await readInside(root, "Procfile", MAX_PROCFILE_BYTES) : null;
  const procfileWeb = procfile === null ? null : webLineOf(procfile);
  if (procfileWeb !== null && procfileWeb.length > MAX_COMMAND) {
    throw new BuildFailure("source_invalid", `The web line of the Procfile has more than ${MAX_COMMAND} characters.`);
  }
  return { files, texts, packageJson, procfileWeb };
};

/** The `./` that package.json files like to write in front of paths. */
export const normalise = (path: string): string => path.replace(/^(\.\/+)+/, "");

/** `web: command`, one process type per line; comments and other types are not ours. */
export const webLineOf = (procfile: string): string | null => {
  const line = procfile.split("\n").find((text) => /^web\s*:/.test(text));
  return line?.slice(line.indexOf(":") + 1).trim() || null;
};

/**
 * Finds the folder to build inside a source tree.
 *
 * @throws {BuildFailure} root_directory_missing, also when a link leads out of the tree
 */
export const projectFolder = async (tree: string, rootDirectory: string): Promise<string> => {
  const folder = await realpath(join(tree, rootDirectory)).catch(() => null);
  const inside = folder !== null && isInside(await realpath(tree), folder);
  if (folder !== null && inside && (await stat(folder)).isDirectory()) return folder;
  throw new BuildFailure("root_directory_missing", `The source has no folder "${rootDirectory}".`);
};

/** Paths below the folder that some rule asks for; a `*` is replaced by the names that are there. */
const pathsOf = async (root: string, packageJson: PackageJson | null): Promise<string[]> => {
  const own = [packageJson?.main, packageJson?.module].filter((path) => path !== undefined);
  const paths = await Promise.all(filesAskedFor().map((path) => (path.includes("*") ? expand(root, path) : [path])));
  return [...paths.flat(), ...own];
};

const expand = async (root: string, pattern: string): Promise<string[]> => {
  const folder = pattern.slice(0, pattern.indexOf("*"));
  const real = await realpath(join(root, folder)).catch(() => null);
  if (real === null || !isInside(root, real)) return [];
  const names = await readdir(real).catch(() => []);
  return names.slice(0, MAX_NAMES_BELOW).map((name) => pattern.replace("*", () => name));
};

/** Sources may contain links to anywhere; they are not followed out of the tree. */
const isFileInside = async (root: string, path: string): Promise<boolean> => {
  const real = await realpath(join(root, path)).catch(() => null);
  return real !== null && isInside(root, real) && (await stat(real)).isFile();
};

const isInside = (root: string, path: string): boolean => path === root || path.startsWith(`${root}/`);

/** Null when it is too long: whoever asks for it then finds nothing. */
const readText = async (root: string, path: string): Promise<string | null> => {
  const real = await realpath(join(root, path));
  return isInside(root, real) && (await stat(real)).size <= MAX_TEXT_BYTES ? readFileText(real) : null;
};

const readInside = async (root: string, name: string, maxBytes: number): Promise<string> => {
  const path = join(root, name);
  if ((await stat(path)).size <= maxBytes) return readFileText(path);
  throw new BuildFailure("source_invalid", `${name} has more than ${maxBytes} bytes.`);
};

const readFileText = async (path: string): Promise<string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return (await file.readFile("utf8")).replace(/^\uFEFF/, ""); // editors on Windows put a mark in front
  } finally {
    await file.close();
  }
};
