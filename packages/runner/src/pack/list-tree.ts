import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Everything below a folder that is no folder, relative, sorted. Links are listed, not followed; .git is left out. */
export const listTree = async (root: string, below = ""): Promise<string[]> => {
  const found: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name !== ".git" || below !== "") found.push(...(await listTree(root, path)));
    } else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
  }
  return below === "" ? found.sort() : found;
};
