import { spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, renameSync, statSync } from "node:fs";
import { plainEnv } from "./run-command.ts";
import type { SystemUser } from "./system-user.ts";

/** A log that has grown past this is put aside at the next start, in place of the one put aside before. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

const MAX_TAIL_BYTES = 64 * 1024;

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
  const log = openLog(options.logFile);
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

/** Opens a log to write on at its end, after putting one aside that has grown too long. The caller closes it. */
export function openLog(logFile: string): number {
  if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, "a", 0o600);
}

/**
 * Whether the process lives and is the program we think it is: pids are used again, most of all in containers. `mention`
 * is a part of its command line that tells it from others of the program.
 */
export function isAlive(pid: number, program: RegExp, mention = ""): boolean {
  try {
    process.kill(pid, 0);
  } catch (err) {
    if (!(err instanceof Error && "code" in err && err.code === "EPERM")) return false;
  }
  return isProgram(pid, program, mention);
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

/** The last lines of a log, for the error that says why something did not start. Never more than its end is read. */
export function tailOf(logFile: string, lines = 10): string {
  if (!existsSync(logFile)) return "";
  const file = openSync(logFile, "r");
  try {
    const { size } = fstatSync(file);
    const end = Buffer.alloc(Math.min(size, MAX_TAIL_BYTES));
    readSync(file, end, 0, end.length, size - end.length);
    return end.toString("utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } finally {
    closeSync(file);
  }
}

/** Linux says what runs under a pid; elsewhere we trust it. A process that is ending (a zombie) counts as gone. */
function isProgram(pid: number, program: RegExp, mention: string): boolean {
  if (process.platform !== "linux") return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
    if (state === "Z" || !program.test(name)) return false;
    return mention === "" || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mention);
  } catch {
    return false;
  }
}
