import { join } from "node:path";
import { type AppAssets, inputKey, isCovered, sha256OfFile, UI_DIR } from "../assets/input-key.ts";
import { type BuildRecord, PUBLIC_PREFIX } from "../assets/manifest.ts";
import { bundleBoot } from "./bundle-boot.ts";
import { bundleIslands } from "./bundle-islands.ts";
import { bundleVendor } from "./bundle-vendor.ts";
import { nameByContent } from "./content-names.ts";
import { findIslands } from "./find-islands.ts";
import { preloadsOf } from "./preloads.ts";
import { buildStyleSheet } from "./style-sheet.ts";
import { type OutputFile, writeFiles, writeRecord } from "./write-files.ts";

/** Builds everything and writes it to `outDir`. Runs in a process of its own; see `buildAssets`. */
export async function compileAssets(apps: readonly AppAssets[], outDir: string): Promise<BuildRecord> {
  const key = await inputKey(apps);
  const found = await findIslands(apps);
  const [islands, boot, css, icon] = await Promise.all([
    bundleIslands(found),
    bundleBoot(),
    buildStyleSheet(apps),
    Bun.file(join(UI_DIR, "src/icon.svg")).bytes(),
  ]);
  const vendor = await bundleVendor(islands.shared);
  const named = nameByContent([...islands.files, ...vendor.files, boot]);
  const urlOf = (name: string | undefined): string => PUBLIC_PREFIX + (named.names.get(name ?? "") ?? "");
  const imports = Object.fromEntries([...vendor.entries].map(([name, file]) => [name, urlOf(file)]).sort());

  const sheet = byContent("pages", "css", "text/css; charset=utf-8", new TextEncoder().encode(css));
  const mark = byContent("icon", "svg", "image/svg+xml", icon);
  const modules = named.files.map(
    (file): OutputFile => ({
      name: file.name,
      type: "text/javascript; charset=utf-8",
      bytes: new TextEncoder().encode(file.text),
    }),
  );
  const record: BuildRecord = {
    schema: 1,
    key,
    boot: urlOf(boot.name),
    css: PUBLIC_PREFIX + sheet.name,
    icon: PUBLIC_PREFIX + mark.name,
    imports,
    islands: Object.fromEntries(
      found.map((island) => {
        const file = named.names.get(islands.entries.get(island.id) ?? "") ?? "";
        return [island.id, { src: PUBLIC_PREFIX + file, preload: preloadsOf(file, named.files, imports) }];
      }),
    ),
    files: await writeFiles(outDir, [...modules, sheet, mark]),
    otherInputs: await otherInputs(islands.inputs, apps),
  };
  await writeRecord(outDir, record);
  return record;
}

function byContent(stem: string, extension: string, type: string, bytes: Uint8Array): OutputFile {
  const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 16);
  return { name: `${stem}-${hash}.${extension}`, type, bytes };
}

/** Sources of other packages, such as a contract's schema; what is installed is covered by the lockfile. */
function otherInputs(inputs: readonly string[], apps: readonly AppAssets[]): Promise<BuildRecord["otherInputs"]> {
  const others = inputs.filter((path) => !path.includes("/node_modules/") && !isCovered(path, apps)).sort();
  return Promise.all(others.map(async (path) => ({ path, sha256: await sha256OfFile(path) })));
}
