import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../docker/command.ts";

/** A base image that is made from this machine's own files, under the names that Dockerfiles use for the real one. */
export type BaseImage = {
  tags: readonly string[];
  /** Programs, with the libraries they are linked to, by their path in the image. */
  programs: Readonly<Record<string, string>>;
  /** Folders copied as they are, by their path in the image. */
  folders?: Readonly<Record<string, string>>;
  /** Path in the image -> what it points to. */
  links: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string>>;
  command: readonly string[];
  workingDir: string;
};

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The static busybox is the shell and the small tools of each image. Its own name lookups crash: use bun or node. */
export const busyboxImage = (): BaseImage => ({
  tags: ["busybox:latest", "busybox:1"],
  programs: { "/bin/busybox": programPath("busybox") },
  links: {},
  env: { PATH },
  command: ["sh"],
  workingDir: "/",
});

/** The Bun that runs the tests, whatever its version. */
export const bunImage = (): BaseImage => ({
  tags: ["oven/bun:1", "oven/bun:latest", "oven/bun:1-slim"],
  programs: { "/bin/busybox": programPath("busybox"), "/usr/local/bin/bun": process.execPath },
  links: { "/usr/local/bin/bunx": "bun" },
  env: { PATH },
  command: ["/usr/local/bin/bun"],
  workingDir: "/home/bun/app",
});

/** The machine's Node with its npm, also when that is not version 22: what is tested is the platform, not Node. */
export const nodeImage = async (): Promise<BaseImage> => {
  const version = (await run([programPath("node"), "--version"])).trim().replace(/^v/, "");
  const npm = dirname(dirname(realpathSync(programPath("npm"))));
  const bin = "../lib/node_modules/npm/bin";
  return {
    tags: ["node:22-slim", "node:22", "node:lts-slim", `node:${version.split(".")[0]}-slim`],
    programs: { "/bin/busybox": programPath("busybox"), "/usr/local/bin/node": programPath("node") },
    folders: { "/usr/local/lib/node_modules/npm": npm },
    links: { "/usr/local/bin/npm": `${bin}/npm-cli.js`, "/usr/local/bin/npx": `${bin}/npx-cli.js` },
    env: { PATH, NODE_VERSION: version },
    command: ["node"],
    workingDir: "/",
  };
};

/** @throws {Error} naming the program and the package that brings it */
const programPath = (name: string): string => {
  const found = Bun.which(name) ?? ["/bin", "/usr/bin"].map((dir) => join(dir, name)).find((path) => existsSync(path));
  if (found !== undefined) return realpathSync(found);
  const source = name === "busybox" ? "apt-get install busybox-static" : "nodejs.org, or the packages of the system";
  throw new Error(`Base images need ${name}: ${source}`);
};
