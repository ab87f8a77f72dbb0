import { dirname } from "node:path";
import { UI_DIR } from "../assets/input-key.ts";
import { BuildError, fromBundler, refuse } from "./build-error.ts";
import { BROWSER_BUILD } from "./bundle-islands.ts";
import type { BuiltFile } from "./content-names.ts";

/** In every import map: the runtime loads these with the first island, whatever the island imports. */
const ALWAYS = ["react", "react/jsx-runtime", "react-dom", "react-dom/client"];

const ENTRY = "npm-";
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export interface BundledVendor {
  files: BuiltFile[];
  /** Specifier to the name of its file. */
  entries: Map<string, string>;
}

/**
 * The shared packages as modules of one split build: whatever two of them have in common exists once. Each entry re-exports the names
 * that the package has, because React is CommonJS, whose names a bundler cannot see from outside.
 */
export async function bundleVendor(shared: ReadonlyMap<string, string>): Promise<BundledVendor> {
  const importers = new Map([...ALWAYS.map((name) => [name, UI_DIR] as const), ...shared]);
  const modules = new Map<string, { specifier: string; path: string }>();
  for (const [specifier, importer] of importers) {
    modules.set(ENTRY + fileStem(specifier), { specifier, path: resolveFrom(specifier, importer) });
  }
  const result = await Bun.build({
    ...BROWSER_BUILD,
    entrypoints: [...modules.keys()],
    splitting: true,
    naming: { entry: "[name]-[hash].[ext]", chunk: "vendor-[hash].[ext]" },
    plugins: [
      {
        name: "vendor-entries",
        setup(build) {
          build.onResolve({ filter: /^npm-/ }, ({ path }) => ({ path, namespace: "npm" }));
          build.onLoad({ filter: /./, namespace: "npm" }, async ({ path }) => {
            const found = modules.get(path);
            if (found === undefined) throw new BuildError(`No vendor entry "${path}".`);
            return { contents: await reExports(found.path), loader: "js" };
          });
        },
      },
    ],
  });
  if (!result.success) throw fromBundler(result.logs);
  const files: BuiltFile[] = [];
  const entries = new Map<string, string>();
  for (const output of result.outputs) {
    const name = output.path.replace(/^.*\//, "");
    files.push({ name, text: await output.text() });
    if (output.kind !== "entry-point") continue;
    const stem = name.replace(/-[^-]*$/, "");
    const found = modules.get(stem);
    if (found !== undefined) entries.set(found.specifier, name);
  }
  refuse([...importers.keys()].filter((name) => !entries.has(name)).map((name) => `No file was built for "${name}".`));
  return { files, entries };
}

function resolveFrom(specifier: string, importer: string): string {
  try {
    return Bun.resolveSync(specifier, importer === UI_DIR ? importer : dirname(importer));
  } catch {
    throw new BuildError(`${importer} imports "${specifier}", which is not installed there.`);
  }
}

async function reExports(path: string): Promise<string> {
  const names = Object.keys((await import(path)) as object).filter((name) => IDENTIFIER.test(name));
  return `export { ${names.sort().join(", ")} } from ${JSON.stringify(path)};\n`;
}

const fileStem = (specifier: string): string => specifier.replaceAll(/[^A-Za-z0-9]+/g, "-").replace(/^-/, "");
