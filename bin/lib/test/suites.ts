import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The tests of a package, or its end-to-end tests. Each lane is a process of its own, and the lanes of a suite run at once.
 * Paths are below the repository.
 */
export type Suite = { name: string; lanes: string[][]; limitSeconds: number };

const LIMIT_SECONDS = 900;
const E2E_LIMIT_SECONDS = 2400;
const IGNORED = /(^|\/)(node_modules|dist|\.homeport|\.bun)\//;

/**
 * Finds the tests, package by package; what other packages build on comes first. `paths` narrows to packages by name, and
 * to folders and files.
 *
 * @throws {Error} naming a path that leads to no test
 */
export const findSuites = async (root: string, paths: readonly string[]): Promise<Suite[]> => {
  const files = await Array.fromAsync(new Bun.Glob("{packages,bin,bench}/**/*.test.{ts,tsx}").scan({ cwd: root }));
  const tests = files.map((file) => file.replaceAll("\\", "/")).filter((file) => !IGNORED.test(file));
  const wanted = paths.length === 0 ? tests : paths.flatMap((path) => select(root, tests, path));
  const suites = new Map<string, string[]>();
  for (const file of [...new Set(wanted)].sort()) {
    const name = suiteOf(file);
    suites.set(name, [...(suites.get(name) ?? []), file]);
  }
  const limitOf = (name: string) => (name.endsWith(" e2e") ? E2E_LIMIT_SECONDS : LIMIT_SECONDS);
  return [...suites]
    .map(([name, own]) => ({ name, lanes: lanesOf(own), limitSeconds: limitOf(name) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
};

const select = (root: string, tests: readonly string[], path: string): string[] => {
  const clean = path.replace(/^\.\//, "").replace(/\/$/, "");
  const roots = existsSync(join(root, clean)) ? [clean] : [`packages/${clean}`, `packages/apps/${clean}`];
  const found = tests.filter((file) => roots.some((own) => file === own || file.startsWith(`${own}/`)));
  if (found.length === 0) throw new Error(`There are no tests in "${path}".`);
  return found;
};

/** `packages/apps/auth/src/x.test.ts` -> `auth`; end-to-end tests take long, so they are a suite beside their package. */
const suiteOf = (file: string): string => {
  const name = /^packages\/(?:apps\/)?([^/]+)\//.exec(file)?.[1] ?? file.split("/")[0] ?? file;
  return file.includes("/e2e/") ? `${name} e2e` : name;
};

/** End-to-end tests wait most of the time, so those of the Docker engine run beside the others. */
const lanesOf = (files: string[]): string[][] =>
  Object.values(Object.groupBy(files, (file) => (/\/e2e\/docker[.-]/.test(file) ? "docker" : "other"))).map(
    (lane) => lane ?? [],
  );

const rank = (name: string): number => (name.endsWith(" e2e") ? 2 : name === "kit" ? 0 : 1);
