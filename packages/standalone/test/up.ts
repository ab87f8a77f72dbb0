import { join } from "node:path";

const MAIN = join(import.meta.dir, "../src/main.ts");

/** Runs what `bin/up` runs, with nothing of this machine's Docker or servers. */
export const up = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH ?? "", HOMEPORT_LOG_LEVEL: "silent" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
};
