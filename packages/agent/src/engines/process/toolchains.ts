import { readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { SYSTEM_PATH } from "../../exec.ts";

/** What the start command of an image may use from this machine, besides its system's programs. */
const TOOLS = ["node", "npm", "npx", "bun", "bunx", "deno"];

/** Top folders of the machine that a sandbox shows, read-only. Homes, /var, /srv, /tmp and the rest stay out. */
export const SHOWN = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "opt", "nix", "etc", "sys"];

export type Mount = { from: string; to: string };

/** A folder of the machine as the sandbox's root shall have it: the folder, or the link that stands there. */
export type RootEntry = { kind: "dir"; path: string } | { kind: "link"; path: string; target: string };

export type Toolchains = {
  /** Files and folders outside the shown folders that must be brought in. */
  mounts: Mount[];
  /** Links `/.homeport/bin/<tool>` into the mounts. */
  links: { path: string; target: string }[];
  /** PATH inside the sandbox. */
  path: string;
};

export const TOOL_DIR = "/.homeport/tools";
export const BIN_DIR = "/.homeport/bin";

/** On many systems /bin and /lib are links into /usr; on others they are folders. */
export const rootEntries = (): RootEntry[] =>
  SHOWN.flatMap((name): RootEntry[] => {
    const path = `/${name}`;
    try {
      return [{ kind: "link", path, target: readlinkSync(path) }];
    } catch {
      return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? [{ kind: "dir", path }] : [];
    }
  });

/**
 * Finds node, npm, bun and their like on the agent's PATH. One that lives in a shown folder is there anyway; one in a home
 * or a temporary folder (nvm, a Bun that `bin/up` installed) is brought in by itself, never with the folder around it.
 */
export const findToolchains = (hostPath: string, bunPath: string, hidden: string): Toolchains => {
  const visible = (path: string): boolean =>
    !isUnder(path, hidden) && SHOWN.some((name) => isUnder(path, `/${name}`) || isUnder(realpathOr(path), `/${name}`));
  const found = TOOLS.flatMap((tool) => {
    const path = Bun.which(tool, { PATH: hostPath }) ?? (tool === "bun" ? bunPath : null);
    return path === null || visible(realpathSync(path)) ? [] : [bringIn(tool, realpathSync(path))];
  });
  const shownPath = hostPath.split(":").filter((dir) => dir.startsWith("/") && visible(dir));
  return {
    mounts: found.map(({ mount }) => mount),
    links: found.map(({ link }) => link),
    path: [BIN_DIR, ...shownPath, ...SYSTEM_PATH.split(":").filter((dir) => !shownPath.includes(dir))].join(":"),
  };
};

/** A program of an npm package needs the package around it; any other is taken as a single file. */
const bringIn = (tool: string, file: string): { mount: Mount; link: { path: string; target: string } } => {
  const to = join(TOOL_DIR, tool);
  const packageDir = npmPackageOf(file);
  const link = join(BIN_DIR, tool);
  if (packageDir === null) {
    return { mount: { from: file, to }, link: { path: link, target: to } };
  }
  return { mount: { from: packageDir, to }, link: { path: link, target: join(to, file.slice(packageDir.length)) } };
};

const npmPackageOf = (file: string): string | null => {
  const marker = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(marker);
  if (at < 0) return null;
  const [first = "", second = ""] = file.slice(at + marker.length).split(sep);
  const name = first.startsWith("@") ? join(first, second) : first;
  const packageDir = join(file.slice(0, at + marker.length), name);
  return basename(packageDir) === "" || packageDir === file ? null : packageDir;
};

export const isUnder = (path: string, dir: string): boolean => path === dir || path.startsWith(`${dir}/`);

const realpathOr = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};
