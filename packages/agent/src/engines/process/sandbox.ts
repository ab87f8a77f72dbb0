import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { ReplicaFailure } from "../../failure.ts";
import type { FileMount } from "../placed-files.ts";
import type { ReplicaPaths } from "./paths.ts";
import { BIN_DIR, isUnder, type RootEntry, rootEntries, SHOWN, TOOL_DIR, type Toolchains } from "./toolchains.ts";

/**
 * How a workload is kept apart on this machine.
 * - `root`: bubblewrap and an unprivileged user of its own per replica; the agent is root.
 * - `user`: bubblewrap in a user namespace, as the agent's own user.
 * - `plain`: a process of the agent's own user that sees everything the agent sees; no names for other services.
 */
export type SandboxMode = "root" | "user" | "plain";

export type Sandbox = {
  mode: SandboxMode;
  toolchains: Toolchains;
  /** Bun, and the copy of launcher.ts it runs, as the agent sees them. */
  bunPath: string;
  launcherPath: string;
  /** The platform's data folder: hidden even where a folder around it is shown. */
  hidden: string;
};

export const LAUNCH_DIR = "/.homeport/launch";
/** Number of the descriptor bwrap writes its status to; launcher.ts knows the gate as the one after it. */
export const STATUS_FD = 3;

/** Where the workload finds its folder and its home. */
export const insidePaths = (mode: SandboxMode, paths: ReplicaPaths): { app: string; home: string; tmp: string } =>
  mode === "plain"
    ? { app: paths.app, home: paths.home, tmp: paths.tmp }
    : { app: "/app", home: "/home/app", tmp: "/tmp" };

/** The argument list that starts the launcher for one replica. Pure but for looking at the machine's root folder. */
export const launchCommand = (
  sandbox: Sandbox,
  paths: ReplicaPaths,
  uid: number | null,
  files: readonly FileMount[],
): string[] => {
  if (sandbox.mode === "plain") return [sandbox.bunPath, sandbox.launcherPath, paths.launchSpec];
  const launcher = [`${LAUNCH_DIR}/bun`, `${LAUNCH_DIR}/launcher.ts`, `${LAUNCH_DIR}/spec.json`];
  return [
    "bwrap",
    ...bwrapOptions(sandbox, paths, files),
    "--",
    ...(uid === null ? [] : dropPrivileges(uid)),
    ...launcher,
  ];
};

export const dropPrivileges = (uid: number): string[] => [
  "setpriv",
  ...["--reuid", String(uid), "--regid", String(uid), "--clear-groups"],
  ...["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"],
];

const bwrapOptions = (sandbox: Sandbox, paths: ReplicaPaths, files: readonly FileMount[]): string[] => {
  const shown = rootEntries();
  return [
    // a pid namespace: when its first process is killed the kernel kills the rest, whatever they did to get away
    ...["--unshare-pid", "--unshare-ipc", "--json-status-fd", String(STATUS_FD), "--chdir", "/"],
    ...shown.flatMap(showEntry),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...shown.flatMap((entry) => (isUnder(sandbox.hidden, entry.path) ? ["--tmpfs", sandbox.hidden] : [])),
    ...folders(["/home", "/var", "/run", "/.homeport", LAUNCH_DIR, TOOL_DIR, BIN_DIR]),
    ...["--bind", paths.app, "/app", "--bind", paths.home, "/home/app"],
    ...["--bind", paths.tmp, "/tmp", "--bind", paths.tmp, "/var/tmp"],
    ...["--ro-bind", paths.hosts, "/etc/hosts"],
    ...["--ro-bind", paths.passwd, "/etc/passwd", "--ro-bind", paths.group, "/etc/group"],
    ...resolverFile(shown),
    ...["--ro-bind", sandbox.bunPath, `${LAUNCH_DIR}/bun`],
    ...["--ro-bind", sandbox.launcherPath, `${LAUNCH_DIR}/launcher.ts`],
    ...["--ro-bind", paths.launchSpec, `${LAUNCH_DIR}/spec.json`],
    ...sandbox.toolchains.mounts.flatMap(({ from, to }) => ["--ro-bind", from, to]),
    ...sandbox.toolchains.links.flatMap(({ path, target }) => ["--symlink", target, path]),
    ...files.flatMap(({ from, to, writable }) => [
      // in the replica's own folders the place was made beforehand, see makeMountPoint
      ...(innerOf(to) === null ? folders(parentsOf(to)) : []),
      ...[writable ? "--bind" : "--ro-bind", from, to],
    ]),
  ];
};

const showEntry = (entry: RootEntry): string[] =>
  entry.kind === "link" ? ["--symlink", entry.target, entry.path] : ["--ro-bind", entry.path, entry.path];

/** bwrap makes missing parents of a mount readable by root alone, so they are made beforehand. */
const folders = (paths: string[]): string[] => paths.flatMap((path) => ["--perms", "0755", "--dir", path]);

/** With systemd-resolved and others, /etc/resolv.conf is a link into /run, which is not shown. */
const resolverFile = (shown: RootEntry[]): string[] => {
  let file: string;
  try {
    file = realpathSync("/etc/resolv.conf");
  } catch {
    return [];
  }
  if (shown.some((entry) => isUnder(file, entry.path))) return [];
  return [...folders(parentsOf(file)), "--ro-bind", file, file];
};

const parentsOf = (path: string): string[] => {
  const parents: string[] = [];
  for (let dir = dirname(path); dir !== "/"; dir = dirname(dir)) parents.unshift(dir);
  return parents;
};

/**
 * Where no folder of files can be: the machine's own folders are shown read-only, and to what the workload may write it
 * could put a link, along which root would then mount.
 */
const TAKEN = [
  ...SHOWN.map((name) => `/${name}`),
  "/app",
  "/home/app",
  "/tmp",
  "/var/tmp",
  "/proc",
  "/dev",
  "/.homeport",
];

/** @throws {ReplicaFailure} when the sandbox cannot show the files where the release wants them. */
export const refuseUnplaceable = (mode: SandboxMode, folders: readonly { to: string }[]): void => {
  if (folders.length === 0) return;
  if (mode === "plain") {
    const message =
      "Secret groups cannot be files here: this node runs services without a sandbox. Attach them as variables, install bubblewrap, or use Docker.";
    throw new ReplicaFailure({ code: "files_unsupported", message }, { retryable: false });
  }
  const wrong = folders.find(({ to }) => to === "/run" || isTaken(to));
  if (wrong === undefined) return;
  const message = `This node cannot put files into ${wrong.to}: use a folder below /run, /srv or /secrets, or Docker.`;
  throw new ReplicaFailure({ code: "files_unsupported", message }, { retryable: false });
};

const isTaken = (path: string): boolean => TAKEN.some((dir) => isUnder(path, dir) || isUnder(dir, path));

/** The replica's own folders, in which a volume may lie. */
const OWN = [
  { dir: "app", at: "/app" },
  { dir: "home", at: "/home/app" },
] as const;

/** Where a path lies in the replica's own folders; null when it lies in none, or is one of them. */
export const innerOf = (path: string): { dir: "app" | "home"; inner: string } | null => {
  const own = OWN.find(({ at }) => path.startsWith(`${at}/`));
  return own === undefined ? null : { dir: own.dir, inner: path.slice(own.at.length + 1) };
};

/** @throws {ReplicaFailure} when the sandbox cannot have a volume where the release wants it. */
export const refuseVolumes = (mode: SandboxMode, volumes: readonly { name: string; path: string }[]): void => {
  if (volumes.length === 0) return;
  if (mode === "plain") {
    const message =
      "Volumes need a sandbox, and this node runs services without one: install bubblewrap on the node, or use Docker.";
    throw new ReplicaFailure({ code: "volumes_unsupported", message }, { retryable: false });
  }
  const wrong = volumes.find(({ path }) => innerOf(path) === null && (path === "/run" || isTaken(path)));
  if (wrong !== undefined) throw volumeInTheWay(wrong);
};

export const volumeInTheWay = ({ name, path }: { name: string; path: string }): ReplicaFailure => {
  const message = `This node cannot have the volume ${name} at ${path}: what is there belongs to the system, or is no folder. Use a folder below /app, /data, /srv or /var/lib.`;
  return new ReplicaFailure({ code: "volumes_unsupported", message }, { retryable: false });
};
