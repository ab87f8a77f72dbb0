import { constants } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { MAX_PACKAGE_JSON_BYTES, type PackageJson, parsePackageJson } from "./package-json.ts";
import { pathsToLookFor } from "./presets.ts";

/** What detection knows of a project. Plain data, so that the rules can be tested without a disk. */
export type Project = {
  /** Files in the project's folder, and those in folders below it that some rule asks for. */
  files: ReadonlySet<string>;
  packageJson: PackageJson | null;
  /** The command of the `web` line of a Procfile. */
  procfileWeb: string | null;
};

const MAX_NAMES = 10_000;
/** As long as a script of package.json may be. */
const MAX_COMMAND = 4000;
const MAX_PROCFILE_BYTES = 64 * 1024;

/** @throws {BuildFailure} package_json_invalid; source_invalid */
export const readProject = async (folder: string): Promise<Project> => {
  const root = await realpath(folder);
  const entries = (await readdir(root, { withFileTypes: true })).slice(0, MAX_NAMES);
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  const packageText = files.has("package.json") ? await readInside(root, "package.json", MAX_PACKAGE_JSON_BYTES) : null;
  const packageJson = packageText === null ? null : parsePackageJson(packageText);
  const asked = [...pathsToLookFor(), packageJson?.main, packageJson?.module].filter((path) => path !== undefined);
  for (const path of asked) if (await isFileInside(root, path)) files.add(normalise(path));
  const procfile = files.has("Procfile") ? await readInside(root, "Procfile", MAX_PROCFILE_BYTES) : null;
  const procfileWeb = procfile === null ? null : webLineOf(procfile);
  if (procfileWeb !== null && procfileWeb.length > MAX_COMMAND) {
    throw new BuildFailure("source_invalid", `The web line of the Procfile has more than ${MAX_COMMAND} characters.`);
  }
  return { files, packageJson, procfileWeb };
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

/** Sources may contain links to anywhere; they are not followed out of the tree. */
const isFileInside = async (root: string, path: string): Promise<boolean> => {
  const real = await realpath(join(root, path)).catch(() => null);
  return real !== null && isInside(root, real) && (await stat(real)).isFile();
};

const isInside = (root: string, path: string): boolean => path === root || path.startsWith(`${root}/`);

const readInside = async (root: string, name: string, maxBytes: number): Promise<string> => {
  const file = await open(join(root, name), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new BuildFailure("source_invalid", `${name} has more than ${maxBytes} bytes.`);
    return (await file.readFile("utf8")).replace(/^\uFEFF/, ""); // editors on Windows put a mark in front
  } finally {
    await file.close();
  }
};
