import type { SystemUser } from "./system-user.ts";

/** The end of a failed command's output that goes into its error. */
const TAIL_CHARACTERS = 2000;

export type RunOptions = { timeoutMs?: number; user?: SystemUser | null; env?: Record<string, string> };

/**
 * Runs a command to its end and gives what it printed, trimmed.
 * @throws {Error} when it cannot be started, takes too long or fails; the message has the end of its output.
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [file = ""] = argv;
  const child = Bun.spawn([...argv], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: options.env ?? plainEnv(),
    timeout: options.timeoutMs ?? 30_000,
    killSignal: "SIGKILL",
    ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0)
    throw new Error(
      `${file} ended with ${child.signalCode ?? code}: ${`${stdout}${stderr}`.trim().slice(-TAIL_CHARACTERS)}`,
    );
  return stdout.trim();
}

/** What a child gets of our environment: no secrets, nothing that changes its messages. */
export const plainEnv = (): Record<string, string> => ({
  PATH: process.env.PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
});
