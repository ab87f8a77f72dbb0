import { join } from "node:path";
import { UI_DIR } from "../assets/input-key.ts";
import { fromBundler, refuse } from "./build-error.ts";
import { BROWSER_BUILD, clientOnly } from "./bundle-islands.ts";
import type { BuiltFile } from "./content-names.ts";

/** The browser runtime as one file of its own, so that a page without islands loads nothing else. */
export async function bundleBoot(): Promise<BuiltFile> {
  const problems = new Set<string>();
  const result = await Bun.build({
    ...BROWSER_BUILD,
    entrypoints: [join(UI_DIR, "src/boot.ts")],
    naming: { entry: "[name]-[hash].[ext]" },
    plugins: [clientOnly(new Map(), problems)],
  });
  refuse([...problems].sort());
  const [output] = result.outputs;
  if (!result.success || output === undefined) throw fromBundler(result.logs);
  return { name: output.path.replace(/^.*\//, ""), text: await output.text() };
}
