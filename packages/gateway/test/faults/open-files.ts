import { readFile } from "node:fs/promises";

/**
 * Bun takes the hard limit of open files for itself and hands it on to its children; only the system can raise that.
 *
 * @throws {Error} when it is below what a test needs in one process
 */
export async function requireOpenFiles(count: number): Promise<void> {
  const limits = await readFile("/proc/self/limits", "utf8");
  const limit = /^Max open files +(\S+)/m.exec(limits)?.[1] ?? "unlimited";
  if (limit !== "unlimited" && Number(limit) < count) {
    throw new Error(`This test needs ${count} open files in a process, and ${limit} are allowed (ulimit -n).`);
  }
}
