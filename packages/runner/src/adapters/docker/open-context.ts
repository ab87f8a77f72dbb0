import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import ignore from "@balena/dockerignore";
import { listTree } from "../../pack/list-tree.ts";
import { killGroup } from "../../run/process-guard.ts";

const MAX_IGNORE_BYTES = 256 * 1024;

/** A build context as it is sent to the engine. */
export type Context = {
  stream: NodeJS.ReadableStream;
  /** Whether all of it was packed; asked once the engine has read it. */
  isWhole(): Promise<boolean>;
  /** Ends the packing, whether or not the engine has read it all. Waits until nothing of it runs. */
  close(): Promise<void>;
};

/**
 * Packs a folder as a tar stream, without what its .dockerignore names. The Dockerfile is always in it, as docker's own
 * client does it. Links are sent as links.
 */
export const openContext = async (folder: string, dockerfile: string): Promise<Context> => {
  const ignored = ignore({ ignorecase: false }).add(await readIgnore(folder));
  const names = (await listTree(folder)).filter(
    (name) => name === dockerfile || name === ".dockerignore" || !ignored.ignores(name),
  );
  // The folder comes first: tar goes through its options in order, and the list of names is one of them.
  // The engine's cache goes by owners too, and those of our folders differ between organisations.
  const argv = ["tar", "--create", "--format=gnu", "--owner=0", "--group=0", "--numeric-owner", "--directory", folder];
  const tar = Bun.spawn([...argv, "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"], {
    stdio: [new Blob([names.map((name) => `${name}\0`).join("")]), "pipe", "ignore"],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" },
    detached: true,
  });
  const stream = Readable.fromWeb(tar.stdout as Parameters<typeof Readable.fromWeb>[0]);
  stream.on("error", () => {}); // it is closed before its end when the engine has heard enough
  return {
    stream,
    isWhole: async () => (await tar.exited) === 0,
    async close() {
      killGroup(tar.pid);
      await tar.exited;
      stream.destroy();
    },
  };
};

/** Empty when there is none; a link is none, it may lead anywhere. */
const readIgnore = async (folder: string): Promise<string> => {
  const file = await open(join(folder, ".dockerignore"), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (file === null) return "";
  try {
    const bytes = Buffer.alloc(MAX_IGNORE_BYTES);
    const { bytesRead } = await file.read(bytes, 0, MAX_IGNORE_BYTES, 0);
    return bytes.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
};
