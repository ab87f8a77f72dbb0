import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A folder or file of the machine that builds see, read-only. */
export type ToolMount = { from: string; to: string };

/** The programs of this machine that builds use. */
export type Toolchain = {
  /** Whether builds find a program of this name. */
  has(name: string): boolean;
  /** PATH of builds. */
  path: string;
  /** What lies outside of the folders that builds see anyway. */
  mounts: readonly ToolMount[];
};

/** Where Bun is put, whatever it is called and wherever it lies on this machine. */
export const TOOLS = "/tools";
const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const SYSTEM_FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/opt"];

/** Programs that are one file and need nothing beside it, so that they can be shown without the folder they lie in. */
const SINGLE_FILES = ["deno", "uv", "composer"];

/**
 * Looks at the machine once. `pathOfRunner` is the PATH that the runner was started with: its folders among the system's
 * (`/usr/local/go/bin`) are on that of builds as well, those in homes are not.
 */
export const findToolchain = (pathOfRunner: string, bun = process.execPath): Toolchain => {
  const node = nodeMounts(pathOfRunner);
  const folders = [...node.path, ...SYSTEM_PATH, ...systemFolders(pathOfRunner)];
  const isSystems = (name: string) => folders.some((folder) => isExecutable(join(folder, name)));
  const single = SINGLE_FILES.filter((name) => !isSystems(name)).flatMap((name) => singleFile(name, pathOfRunner));
  const brought = new Set(["bun", "bunx", ...single.map(({ to }) => basename(to))]);
  return {
    has: (name) => brought.has(name) || isSystems(name),
    path: [TOOLS, ...folders].join(":"),
    mounts: [
      ...single,
      { from: realpathSync(bun), to: join(TOOLS, "bun") },
      { from: realpathSync(bun), to: join(TOOLS, "bunx") }, // Bun looks at the name it was called by
      ...node.mounts,
    ],
  };
};

/**
 * A Node outside of the system's folders, such as one of nvm. Only a prefix of its own is shown to builds: `bin` with
 * `lib/node_modules` beside it. A single file in somebody's home would drag the home along.
 */
const nodeMounts = (pathOfRunner: string): { path: string[]; mounts: ToolMount[] } => {
  const found = Bun.which("node", { PATH: pathOfRunner });
  if (found === null) return { path: [], mounts: [] };
  const real = realpathSync(found);
  const bin = dirname(real);
  const prefix = dirname(bin);
  if (basename(real) !== "node" || SYSTEM_FOLDERS.some((folder) => real.startsWith(`${folder}/`))) {
    return { path: [], mounts: [] };
  }
  const modules = join(prefix, "lib/node_modules");
  if (basename(bin) !== "bin" || !existsSync(modules)) return { path: [], mounts: [] };
  return {
    path: [bin],
    mounts: [
      { from: bin, to: bin },
      { from: modules, to: modules },
    ],
  };
};

/** Folders of the runner's PATH that builds see anyway. */
const systemFolders = (path: string): string[] =>
  path
    .split(":")
    .filter((folder) => isInSystem(folder) && !SYSTEM_PATH.includes(folder) && existsSync(folder))
    .filter((folder) => isInSystem(`${realpathSync(folder)}/`));

const isInSystem = (path: string): boolean => SYSTEM_FOLDERS.some((folder) => path.startsWith(`${folder}/`));

/** A script is none: it looks for its package around it. */
const singleFile = (name: string, path: string): ToolMount[] => {
  const found = Bun.which(name, { PATH: path });
  if (found === null) return [];
  const real = realpathSync(found);
  return /\.[cm]?js$/.test(real) ? [] : [{ from: real, to: join(TOOLS, name) }];
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
