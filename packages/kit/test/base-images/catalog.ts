import { existsSync, realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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

/** The machine's Python, whatever its version, with what makes virtual environments. */
export const pythonImage = async (): Promise<BaseImage> => {
  // A Python of somebody's home has its parts elsewhere.
  const found = systemPath("python3");
  if (found === null) throw new Error("Base images need python3: apt-get install python3-venv");
  const python = realpathSync(found);
  const script = "import ensurepip, sysconfig; print(sysconfig.get_path('stdlib'), ensurepip._WHEEL_PKG_DIR or '')";
  const [library = "", wheels = ""] = (await run([python, "-c", script])).trim().split(" ");
  const name = basename(library); // python3.11
  const home = `/usr/local/lib/${name}`;
  const modules = (await readdir(join(library, "lib-dynload"))).filter((file) => file.endsWith(".so"));
  return {
    tags: ["python:3.13", "python:3.13-slim"],
    programs: {
      "/bin/busybox": programPath("busybox"),
      [`/usr/local/bin/${name}`]: python,
      // named one by one, so that the libraries they are linked to come along
      ...Object.fromEntries(modules.map((file) => [`${home}/lib-dynload/${file}`, join(library, "lib-dynload", file)])),
    },
    folders: { [home]: library, ...(wheels === "" ? {} : { [wheels]: wheels }) }, // Debian keeps pip's own wheel apart
    links: { "/usr/local/bin/python3": name },
    env: { PATH, LANG: "C.UTF-8" },
    command: ["python3"],
    workingDir: "/",
  };
};

/** @throws {Error} naming the program and the package that brings it */
const programPath = (name: string): string => {
  const found = Bun.which(name) ?? systemPath(name);
  if (found !== null) return realpathSync(found);
  const source = name === "busybox" ? "apt-get install busybox-static" : "nodejs.org, or the packages of the system";
  throw new Error(`Base images need ${name}: ${source}`);
};

const systemPath = (name: string): string | null =>
  ["/usr/local/bin", "/usr/bin", "/bin"].map((dir) => join(dir, name)).find((path) => existsSync(path)) ?? null;
