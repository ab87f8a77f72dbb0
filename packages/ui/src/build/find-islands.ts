import { basename, join } from "node:path";
import { type AppAssets, UI_DIR } from "../assets/input-key.ts";
import { refuse } from "./build-error.ts";

export interface FoundIsland {
  /** `<app>/<name>`. */
  id: string;
  app: string;
  name: string;
  path: string;
}

const SUFFIX = ".island.tsx";
const CALL = /\bisland(?:<[^()]*>)?\(\s*["'`]([^"'`]*)["'`]/g;

/** Every island of the apps and of this package, checked: the name given to `island()` is the name of the file, and no name has two meanings. */
export async function findIslands(apps: readonly AppAssets[]): Promise<FoundIsland[]> {
  const own = await scan("ui", UI_DIR, "src/**/*.island.tsx");
  const found = [...own];
  const problems: string[] = [];
  for (const app of apps) found.push(...(await scan(app.id, app.dir, "src/pages/**/*.island.tsx")));
  const seen = new Map<string, FoundIsland>();
  const shared = new Set(own.map((island) => island.name));
  for (const island of found) {
    const other = seen.get(island.id);
    if (other !== undefined)
      problems.push(`${island.path} and ${other.path} are both the island "${island.name}". Rename one.`);
    seen.set(island.id, island);
    if (island.app !== "ui" && shared.has(island.name)) {
      problems.push(`${island.path}: "${island.name}" is an island of @homeport/ui. Choose another name.`);
    }
    problems.push(...(await checkName(island)));
  }
  refuse(problems);
  return found;
}

async function scan(app: string, dir: string, pattern: string): Promise<FoundIsland[]> {
  const files = await Array.fromAsync(new Bun.Glob(pattern).scan({ cwd: dir }));
  return files.sort().map((file) => {
    const name = basename(file, SUFFIX);
    return { id: `${app}/${name}`, app, name, path: join(dir, file) };
  });
}

async function checkName({ name, path }: FoundIsland): Promise<string[]> {
  const names = Array.from((await Bun.file(path).text()).matchAll(CALL), (match) => match[1]);
  if (names.length !== 1)
    return [`${path}: an island file calls island("${name}", …) exactly once, this one ${names.length} times.`];
  return names[0] === name
    ? []
    : [`${path}: the island is named "${names[0]}", the file "${name}". They must be the same.`];
}
