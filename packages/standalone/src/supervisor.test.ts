import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";

/** Every package that a file loads when it is loaded, itself or through others. Types and dynamic imports load nothing. */
const librariesOf = (file: string, seen = new Set<string>()): string[] => {
  if (seen.has(file)) return [];
  seen.add(file);
  const loaded = new Bun.Transpiler({ loader: "ts" }).scanImports(readFileSync(file, "utf8"));
  return loaded.flatMap(({ kind, path }) => {
    if (kind !== "import-statement" || path.startsWith("node:")) return [];
    const found = Bun.resolveSync(path, dirname(file));
    return found.includes("/node_modules/") ? [path] : librariesOf(found, seen);
  });
};

test("the process that stays for as long as the platform loads no library: they are a multiple of it", () => {
  for (const entry of ["main.ts", "run.ts"]) {
    expect({ entry, loads: librariesOf(`${import.meta.dir}/${entry}`) }).toEqual({ entry, loads: [] });
  }
});

test("what its errands load is found by the same look", () => {
  expect(librariesOf(`${import.meta.dir}/errand-process.ts`)).toContain("zod");
});
