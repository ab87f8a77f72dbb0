import { join } from "node:path";

export type CliResult = { code: number; stdout: string; stderr: string };
export type CliOptions = { env?: Record<string, string>; cwd?: string; stdin?: string; configDir?: string };

const MAIN = join(import.meta.dir, "../src/main.ts");

/** Starts the command line as a process of its own: nothing of this machine's login, no terminal. */
export const startCli = (args: string[], options: CliOptions = {}) =>
  Bun.spawn([process.execPath, MAIN, ...args], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: "/nonexistent",
      XDG_CONFIG_HOME: options.configDir ?? "/nonexistent",
      ...options.env,
    },
    cwd: options.cwd ?? import.meta.dir,
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: 30_000,
  });

export const runCli = async (args: string[], options: CliOptions = {}): Promise<CliResult> => {
  const child = startCli(args, options);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
};
