import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assetResponse } from "./asset-response.ts";
import { buildAssets, loadAssets } from "./build-assets.ts";
import { UI_DIR } from "./input-key.ts";
import type { AssetManifest } from "./manifest.ts";

const COUNTER = `import { island } from "@homeport/ui/island";
import { Button } from "@homeport/ui";
import { useState } from "react";
function Counter() { const [n, set] = useState(0); return <Button onClick={() => set(n + 1)}>{n}</Button>; }
export default island("counter", Counter);
`;

let work: string;
let count = 0;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "homeport-assets-"));
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** A new app folder with these files under `src/`, which finds this package and React as an installed app does. */
async function makeApp(files: Record<string, string>): Promise<string> {
  const dir = join(work, `app-${++count}`);
  await mkdir(join(dir, "node_modules/@homeport"), { recursive: true });
  await symlink(UI_DIR, join(dir, "node_modules/@homeport/ui"));
  await symlink(join(UI_DIR, "node_modules/react"), join(dir, "node_modules/react"));
  for (const [name, text] of Object.entries(files)) await Bun.write(join(dir, "src", name), text);
  return dir;
}

const newOut = (): string => join(work, `out-${++count}`);

async function failure(files: Record<string, string>): Promise<string> {
  const dir = await makeApp(files);
  try {
    await buildAssets({ apps: [{ id: "shop", dir }], outDir: newOut() });
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  }
  return "nothing failed";
}

describe("buildAssets", () => {
  test("every file is named by its content, and two folders with the same content give the same names", async () => {
    const files = { "pages/counter.island.tsx": COUNTER };
    const outDirs = [newOut(), newOut()];
    const [one, two] = await Promise.all(
      outDirs.map(async (outDir) => buildAssets({ apps: [{ id: "shop", dir: await makeApp(files) }], outDir })),
    );
    expect(Object.keys(one!.files)).toEqual(Object.keys(two!.files));
    const css = one!.css.slice("/public/".length);
    const bytes = await Bun.file(join(outDirs[0]!, "files", css)).bytes();
    expect(css).toContain(new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 16));
  }, 30_000);

  test("React is one shared file behind the import map, not part of an island", async () => {
    const dir = await makeApp({ "pages/counter.island.tsx": COUNTER });
    const assets = await buildAssets({ apps: [{ id: "shop", dir }], outDir: newOut() });
    const island = assets.islands["shop/counter"]!;
    const text = await Bun.file(join(assets.dir, "files", island.src.slice("/public/".length))).text();
    expect(text).toMatch(/from"react"/);
    expect(text.length).toBeLessThan(2_000);
    expect(island.preload).toContain(assets.imports["react"]!);
    expect(Object.values(assets.files).every((file) => file.bytes < 250_000)).toBe(true);
  }, 30_000);

  test("a second start reads the first one's files, a changed source builds again", async () => {
    const dir = await makeApp({ "pages/counter.island.tsx": COUNTER });
    const options = { apps: [{ id: "shop", dir }], outDir: newOut() };
    const first = await buildAssets(options);
    const record = join(options.outDir, `${first.key}.json`);
    const { ino } = await stat(record);
    expect(await buildAssets(options)).toEqual(first);
    expect((await stat(record)).ino).toBe(ino); // a build would have put another file in its place
    await Bun.write(join(dir, "src/pages/counter.island.tsx"), COUNTER.replace("n + 1", "n + 2"));
    const second = await buildAssets(options);
    expect(second.islands["shop/counter"]!.src).not.toBe(first.islands["shop/counter"]!.src);
    expect(second.boot).toBe(first.boot);
    expect((await loadAssets(options.outDir))?.key).toBe(second.key);
  }, 30_000);

  test("going back to an earlier version serves what that version built", async () => {
    const dir = await makeApp({ "pages/counter.island.tsx": COUNTER });
    const options = { apps: [{ id: "shop", dir }], outDir: newOut() };
    const first = await buildAssets(options);
    const source = join(dir, "src/pages/counter.island.tsx");
    await Bun.write(source, COUNTER.replace("n + 1", "n + 2"));
    await buildAssets(options);
    await Bun.write(source, COUNTER);
    await buildAssets(options);
    expect((await loadAssets(options.outDir))?.key).toBe(first.key);
  }, 30_000);

  test("two processes may build into one folder at once", async () => {
    const dir = await makeApp({ "pages/counter.island.tsx": COUNTER });
    const options = { apps: [{ id: "shop", dir }], outDir: newOut() };
    const [one, two] = await Promise.all([buildAssets(options), buildAssets(options)]);
    expect(one.files).toEqual(two.files);
    expect((await readdir(join(options.outDir, "files"))).filter((name) => /\.\d+$/.test(name))).toEqual([]);
  }, 30_000);

  test("what belongs to the server is refused, with the file that imports it", async () => {
    const message = await failure({
      "pages/counter.island.tsx": COUNTER.replace(
        "import { useState",
        'import { read } from "./deep.client.ts";\nread();\nimport { useState',
      ),
      "pages/deep.client.ts":
        'import { readFile } from "node:fs/promises";\nimport { secret } from "../service/secret.ts";\nexport const read = () => readFile(secret);\n',
      "service/secret.ts": 'export const secret = "x";\n',
    });
    expect(message).toContain("deep.client.ts");
    expect(message).toContain("node:fs/promises");
    expect(message).toContain("../service/secret.ts");
  }, 30_000);

  test("a type from the server's side may be imported", async () => {
    const dir = await makeApp({
      "pages/counter.island.tsx": `import type { Secret } from "../service/secret.ts";\nexport type S = Secret;\n${COUNTER}`,
      "service/secret.ts":
        'import { readFileSync } from "node:fs";\nexport type Secret = ReturnType<typeof readFileSync>;\n',
    });
    await expect(buildAssets({ apps: [{ id: "shop", dir }], outDir: newOut() })).resolves.toBeDefined();
  }, 30_000);

  test("an island whose name is not the name of its file is refused, with both names", async () => {
    const message = await failure({ "pages/basket.island.tsx": COUNTER });
    expect(message).toContain('"counter"');
    expect(message).toContain('"basket"');
  }, 30_000);

  test("an island may not take the name of one of this package's", async () => {
    const message = await failure({ "pages/log-view.island.tsx": COUNTER.replace('"counter"', '"log-view"') });
    expect(message).toContain("Choose another name");
  }, 30_000);

  test("a mistake in a source is reported with its file", async () => {
    const message = await failure({ "pages/counter.island.tsx": COUNTER.replace("useState(0)", "useState(0") });
    expect(message).toContain("counter.island.tsx");
  }, 30_000);
});

describe("assetResponse", () => {
  let assets: AssetManifest;
  beforeAll(async () => {
    const dir = await makeApp({ "pages/counter.island.tsx": COUNTER });
    assets = await buildAssets({ apps: [{ id: "shop", dir }], outDir: newOut() });
  }, 30_000);

  const ask = (path: string, headers: Record<string, string> = {}, method = "GET"): Response | null =>
    assetResponse(assets, new Request(`http://localhost${path}`, { headers, method }));

  test("a file is served for ever, compressed as the client likes it", async () => {
    const plain = ask(assets.boot);
    expect(plain?.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(plain?.headers.get("content-type")).toStartWith("text/javascript");
    expect(plain?.headers.has("content-encoding")).toBe(false);
    const text = await plain?.text();
    const br = ask(assets.boot, { "accept-encoding": "gzip, deflate, br" });
    expect(br?.headers.get("content-encoding")).toBe("br");
    expect(Number(br?.headers.get("content-length"))).toBeLessThan(text!.length / 2);
    const gzip = ask(assets.boot, { "accept-encoding": "gzip, br;q=0" });
    expect(gzip?.headers.get("content-encoding")).toBe("gzip");
    expect(new TextDecoder().decode(Bun.gunzipSync(await gzip!.bytes()))).toBe(text!);
  });

  test("a client that has the file is told so", () => {
    const etag = ask(assets.css)?.headers.get("etag") ?? "";
    expect(ask(assets.css, { "if-none-match": etag })?.status).toBe(304);
  });

  test("what was not built is not ours, whatever the path says", () => {
    for (const path of [
      "/",
      "/public/",
      "/public/none.js",
      "/public/../package.json",
      "/public/%2e%2e/x.json",
      "/public/constructor",
    ]) {
      expect(ask(path)).toBeNull();
    }
  });

  test("only reading is allowed", () => {
    expect(ask(assets.boot, {}, "POST")?.status).toBe(405);
    expect(ask(assets.boot, {}, "HEAD")?.status).toBe(200);
  });

  test("files of an earlier build are still served", async () => {
    const dir = await makeApp({ "pages/counter.island.tsx": COUNTER });
    const options = { apps: [{ id: "shop", dir }], outDir: newOut() };
    const first = await buildAssets(options);
    await Bun.write(join(dir, "src/pages/counter.island.tsx"), COUNTER.replace("n + 1", "n + 3"));
    const second = await buildAssets(options);
    const old = new Request(`http://localhost${first.islands["shop/counter"]!.src}`);
    expect(assetResponse(second, old)?.status).toBe(200);
  }, 30_000);
});
