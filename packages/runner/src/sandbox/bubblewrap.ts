import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import type { BuildUser } from "./build-user.ts";
import { BUILD_HOME, BUILD_ROOT, CACHE, SHOWN } from "./paths.ts";
import type { Toolchain } from "./toolchain.ts";

/** Folders of one build on the machine, as it sees them at fixed places. */
export type SandboxFolders = {
  /** Seen as /app. */
  app: string;
  /** Seen as /tmp. */
  tmp: string;
  home: string;
  cache: string;
  /** passwd and group files that know the build's user; null keeps the machine's. */
  names: { passwd: string; group: string } | null;
  /** Seen as /shown, if there is one. */
  shown: string | null;
};

export type SandboxLimits = { maxFileBytes: number; maxProcesses: number };

/** What a build sees of the machine, read-only. Not /home, /root, /srv, /var, /tmp, /run: data of others lives there. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix"];
const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;
/** Builds lose against everything else on the machine for memory and for time. */
const OOM_SCORE = 800;
const NICENESS = 5;

/**
 * The command line that runs `argv` in a sandbox: own process, IPC and mount namespaces (the network is the machine's),
 * an empty root with the system's programs in it, the build's folders at fixed places. `hidden` folders of the platform
 * are covered where a system folder contains them. Everything in it ends with the first process, and that with us.
 *
 * As root, the program runs as the build's user without any capability. Without root it keeps our user.
 */
export const bubblewrap = (
  argv: readonly string[],
  options: {
    folders: SandboxFolders;
    toolchain: Toolchain;
    user: BuildUser | null;
    limits: SandboxLimits;
    hidden: readonly string[];
    workingDir: string;
    statusDescriptor: number;
    /** Where it waits before it starts the program; null when it does not. */
    gateDescriptor: number | null;
  },
): string[] => {
  const { folders, toolchain, user, limits } = options;
  return [
    "bwrap",
    ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "build", "--die-with-parent", "--new-session"],
    ["--json-status-fd", String(options.statusDescriptor)],
    options.gateDescriptor === null ? [] : ["--block-fd", String(options.gateDescriptor)],
    SYSTEM.flatMap(showSystemFolder),
    ["/tools", "/home", "/var"].flatMap((folder) => ["--perms", "0755", "--dir", folder]),
    ["--proc", "/proc", "--dev", "/dev"],
    ["--perms", "1777", "--size", String(SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm"],
    nameServers(),
    options.hidden.filter(isShown).flatMap((folder) => ["--tmpfs", folder]),
    ["--bind", folders.tmp, "/tmp", "--symlink", "../tmp", "/var/tmp"],
    ["--bind", folders.app, BUILD_ROOT, "--bind", folders.home, BUILD_HOME, "--bind", folders.cache, CACHE],
    folders.shown === null ? [] : ["--bind", folders.shown, SHOWN],
    folders.names === null ? [] : ["--ro-bind", folders.names.passwd, "/etc/passwd"],
    folders.names === null ? [] : ["--ro-bind", folders.names.group, "/etc/group"],
    toolchain.mounts.flatMap(({ from, to }) => ["--ro-bind", from, to]),
    ["--remount-ro", "/", "--remount-ro", "/dev"], // else without root, both could be filled: they are memory
    ["--chdir", options.workingDir],
    user === null ? [] : ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"],
    "--",
    ["prlimit", "--core=0", `--fsize=${limits.maxFileBytes}`],
    user === null ? [] : [`--nproc=${limits.maxProcesses}`], // counts per user, and ours has other processes
    "--",
    ["choom", "--adjust", String(OOM_SCORE), "--", "nice", "-n", String(NICENESS)],
    user === null ? [] : dropTo(user),
    "--",
    [...argv],
  ].flat();
};

/** Programs that have to be there, and the Debian package of those that may be missing. */
export const SANDBOX_PROGRAMS = {
  bwrap: "bubblewrap",
  prlimit: "util-linux",
  setpriv: "util-linux",
  choom: "util-linux",
};

const showSystemFolder = (folder: string): string[] => {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink() ? ["--symlink", readlinkSync(folder), folder] : ["--ro-bind", folder, folder];
};

/** /etc/resolv.conf is often a link to /run, which builds do not see. */
const nameServers = (): string[] => {
  if (!existsSync("/etc/resolv.conf")) return [];
  const real = realpathSync("/etc/resolv.conf");
  return real === "/etc/resolv.conf" ? [] : ["--ro-bind", real, real];
};

const isShown = (folder: string): boolean =>
  SYSTEM.some((shown) => folder.startsWith(`${shown}/`)) && existsSync(folder);

const dropTo = ({ uid }: BuildUser): string[] => [
  "setpriv",
  `--reuid=${uid}`,
  `--regid=${uid}`,
  "--clear-groups",
  "--no-new-privs",
  "--inh-caps=-all",
  "--bounding-set=-all",
];
