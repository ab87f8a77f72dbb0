/**
 * `NODE_ENV=production bun packages/ui/src/build/cli.ts --out DIR --app id=DIR …`: builds the assets and leaves. In another
 * environment the result works as well, but the shared React file has the names of development's exports and so another name.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { BuildError } from "./build-error.ts";
import { compileAssets } from "./compile.ts";

const { values } = parseArgs({
  options: { out: { type: "string" }, app: { type: "string", multiple: true, default: [] } },
});
const out = values.out ?? fail("--out DIR is missing.");
const apps = values.app.map((text) => {
  const [, id, dir] = /^([a-z][a-z0-9-]{0,39})=(.+)$/.exec(text) ?? fail(`--app takes id=DIR, not "${text}".`);
  return { id: id ?? "", dir: resolve(dir ?? "") };
});
try {
  await compileAssets(apps, resolve(out));
} catch (err) {
  if (!(err instanceof BuildError)) throw err;
  fail(err.message);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
