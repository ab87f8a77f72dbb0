import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Folder of this package. */
export const UI_DIR = join(import.meta.dir, "..", "..");

const SOURCES = new Bun.Glob("src/**/*.{ts,tsx,css,json,svg}");
const TESTS = /\.test\.tsx?$/;

export interface AppAssets {
  /** Id of the app; islands are looked up under it. */
  id: string;
  /** Folder of the app's package, the one with `src/pages`. */
  dir: string;
}

/** Files that a build reads, by a name that does not depend on where the repository lies. Sorted. */
export function listInputs(apps: readonly AppAssets[]): { name: string; path: string }[] {
  const found: { name: string; path: string }[] = [];
  for (const { id, dir } of [{ id: "@ui", dir: UI_DIR }, ...apps]) {
    for (const file of SOURCES.scanSync({ cwd: dir })) {
      if (!TESTS.test(file)) found.push({ name: `${id}/${file}`, path: join(dir, file) });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** SHA-256 over everything that decides what a build writes: sources, dependencies and the builder itself. */
export async function inputKey(apps: readonly AppAssets[]): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(`bun ${Bun.version}\n`);
  hash.update(await Bun.file(join(UI_DIR, "package.json")).text());
  const lock = findLockfile();
  if (lock !== null) hash.update(await sha256OfFile(lock));
  const inputs = listInputs(apps);
  const sums = await Promise.all(inputs.map((input) => sha256OfFile(input.path)));
  for (const [index, input] of inputs.entries()) hash.update(`${input.name}\0${sums[index]}\n`);
  return hash.digest("hex");
}

export async function sha256OfFile(path: string): Promise<string> {
  return new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
}

/** Whether `path` lies in a folder that `inputKey` already covers. */
export const isCovered = (path: string, apps: readonly AppAssets[]): boolean =>
  [UI_DIR, ...apps.map((app) => app.dir)].some((dir) => !relative(join(dir, "src"), path).startsWith(".."));

function findLockfile(): string | null {
  for (let dir = UI_DIR; ; dir = dirname(dir)) {
    const lock = join(dir, "bun.lock");
    if (existsSync(lock)) return lock;
    if (dirname(dir) === dir) return null;
  }
}
