import { join } from "node:path";
import { compile, optimize } from "@tailwindcss/node";
import { Scanner } from "@tailwindcss/oxide";
import { type AppAssets, UI_DIR } from "../assets/input-key.ts";

/** The style sheet with the classes that this package and the apps use; Tailwind runs in this process. */
export async function buildStyleSheet(apps: readonly AppAssets[]): Promise<string> {
  const base = join(UI_DIR, "src");
  const compiler = await compile(await Bun.file(join(base, "tokens.css")).text(), {
    base,
    onDependency: () => undefined,
  });
  const folders = [base, ...apps.map((app) => join(app.dir, "src"))];
  const scanner = new Scanner({
    sources: folders.flatMap((folder) => [
      { base: folder, pattern: "**/*.{ts,tsx}", negated: false },
      { base: folder, pattern: "**/*.test.{ts,tsx}", negated: true },
    ]),
  });
  // Sorted, because the scanner finds files in the order of the file system.
  return optimize(compiler.build(scanner.scan().sort()), { minify: true }).code;
}
