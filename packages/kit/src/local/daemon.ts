import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { plainEnv } from "./run-command.ts";
import type { SystemUser } from "./system-user.ts";

/** A log that has grown past this is put aside at the next start, in place of the one put aside before. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

export type Daemon = { pid: number; hasExited(): boolean };

/**
 * Starts a server that outlives this process: in a session of its own, so that neither Ctrl-C nor our `kill -9`
 * reaches it, with its output in `logFile`.
 */
export async function startDaemon(options: {
  argv: readonly string[];
  user: SystemUser | null;
  logFile: string;
}): Promise<Daemon> {
  const [file = "", ...args] = options.argv;
  if (existsSync(options.logFile) && statSync(options.logFile).size > MAX_LOG_BYTES)
    renameSync(options.logFile, `${options.logFile}.1`);
  const log = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: plainEnv(),
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
    });
    let exited = false;
    child.once("exit", () => {
      exited = true;
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    return { pid: child.pid ?? 0, hasExited: () => exited };
  } finally {
    closeSync(log);
  }
}

/** Whether the process lives and is the program we think it is: pids are used again, most of all in containers. */
export function isAlive(pid: number, program: RegExp): boolean {
  try {
    process.kill(pid, 0);
  } catch (err) {
    return err instanceof Error && "code" in err && err.code === "EPERM" && isProgram(pid, program);
  }
  return isProgram(pid, program);
}

/** Asks a process to end, and says whether it did in time. */
export async function stopProcess(
  pid: number,
  program: RegExp,
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  if (isAlive(pid, program)) process.kill(pid, signal);
  while (isAlive(pid, program)) {
    if (Date.now() > deadline) return false;
    await Bun.sleep(20);
  }
  return true;
}

/** The last lines of a server's log, for the error that says why it did not start. */
export function tailOf(logFile: string, lines = 10): string {
  if (!existsSync(logFile)) return "";
  return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

/** Linux says what runs under a pid; elsewhere we trust it. A process that is ending (a zombie) counts as gone. */
function isProgram(pid: number, program: RegExp): boolean {
  if (process.platform !== "linux") return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
    return state !== "Z" && program.test(name);
  } catch {
    return false;
  }
}
