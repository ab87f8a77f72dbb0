import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import ignore from "@balena/dockerignore";
import { killGroup } from "../../run/process-guard.ts";
import { listTree } from "../../pack/list-tree.ts";

const MAX_IGNORE_BYTES = 256 * 1024;

/** The folder as a tar stream, without what its .dockerignore names. The Dockerfile itself is always in it. */
export const openContext = async (folder: string, dockerfile: string, signal: AbortSignal): Promise<NodeJS.ReadableStream> => {
  const ignored = ignore({ ignorecase: false }).add(await readIgnore(folder));
  const names = (await listTree(folder)).filter((name) => name === dockerfile || name === ".dockerignore" || !ignored.ignores(name));
  // tar takes --directory for the names that follow it only
  const argv = ["tar", "--create", "--format=gnu", "--no-recursion", "--directory", folder, "--null", "--verbatim-files-from", "--files-from=-"];
  const tar = Bun.spawn(argv, {
    stdio: [new Blob([names.map((name) => `${name}\0`).join("")]), "pipe", "pipe"],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" },
    detached: true,
  });
  signal.addEventListener("abort", () => killGroup(tar.pid), { once: true });
  return Readable.from(whole(tar));
};

/** A context that is cut short must not look like a small one. */
async function* whole(tar: Bun.Subprocess<Blob, "pipe", "pipe">): AsyncGenerator<Uint8Array> {
  yield* tar.stdout;
  const code = await tar.exited;
  if (code !== 0) throw new Error(`tar ended with code ${code}: ${(await new Response(tar.stderr).text()).slice(0, 500)}`);
}

const readIgnore = async (folder: string): Promise<string> => {
  const text = await readFile(join(folder, ".dockerignore"), "utf8").catch(() => "");
  return text.slice(0, MAX_IGNORE_BYTES);
};
