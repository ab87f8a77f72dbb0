import { markOf } from "../end-shell.ts";
import type { Pids } from "./launch.ts";
import type { ReplicaPaths } from "./paths.ts";
import { dropPrivileges, LAUNCH_DIR, type Sandbox } from "./sandbox.ts";

/**
 * With the terminal that it was given, so that Ctrl-C and jobs work. Made inside of the namespace: a group of processes that
 * was made outside has no number in there, and shells fail over that.
 */
const OWN_SESSION = ["setsid", "--ctty"];

/**
 * The argument list that starts a program where a replica runs: in its namespaces, with the privileges and the
 * variables that it was started with. Pure.
 */
export const shellCommand = (
  sandbox: Sandbox,
  paths: ReplicaPaths,
  { pids, uid, shellId, command }: { pids: Pids; uid: number | null; shellId: string; command: string[] },
): string[] => {
  const more = [markOf(shellId), "TERM=xterm-256color", "--", ...command];
  if (pids.init === null) return [...OWN_SESSION, sandbox.bunPath, sandbox.launcherPath, paths.launchSpec, ...more];
  return [
    "nsenter",
    ...["--target", String(pids.init.pid), "--mount", "--pid", "--ipc"],
    // without root the sandbox is in a user namespace of its own, which gives the right to enter the others
    ...(sandbox.mode === "user" ? ["--user", "--preserve-credentials"] : []),
    "--",
    ...OWN_SESSION,
    ...(uid === null ? [] : dropPrivileges(uid)),
    ...[`${LAUNCH_DIR}/bun`, `${LAUNCH_DIR}/launcher.ts`, `${LAUNCH_DIR}/spec.json`],
    ...more,
  ];
};
