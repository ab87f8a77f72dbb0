import { BuildFailure, type FailureCode } from "../build-failure.ts";
import { describeBytes } from "../bytes.ts";
import { pause } from "./pause.ts";
import { runCommand } from "./run-command.ts";

/** How large a folder may grow while something works in it. */
export type FolderLimit = { folder: string; maxBytes: number; maxEntries: number; code: FailureCode; what: string };

const CHECK_MS = 3_000;
/** Looking is cheap next to building: it may take this part of the time. */
const MAX_SHARE = 1 / 20;
const CHECK_TIMEOUT_MS = 120_000;

/**
 * Runs `work` with a signal that also aborts when the folder outgrows its limit. It is looked at every few seconds and
 * once at the end, so it can be over for that long: the limit protects the disk, it is no quota.
 *
 * @throws {BuildFailure} `limit.code`
 */
export const withFolderLimit = async <T>(
  limit: FolderLimit,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const over = new AbortController();
  const done = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const watching = watch(limit, AbortSignal.any([both, done.signal])).catch((err: unknown) => over.abort(err));
  try {
    const result = await work(both);
    done.abort();
    await watching;
    await check(limit, both);
    return result;
  } catch (err) {
    throw both.aborted ? both.reason : err; // libraries throw an error of their own when they are aborted
  } finally {
    done.abort();
    await watching;
  }
};

const watch = async (limit: FolderLimit, signal: AbortSignal): Promise<void> => {
  for (let waitMs = CHECK_MS; await pause(waitMs, signal); ) {
    const started = performance.now();
    await check(limit, AbortSignal.timeout(CHECK_TIMEOUT_MS));
    waitMs = Math.max(CHECK_MS, (performance.now() - started) / MAX_SHARE);
  }
};

const check = async ({ folder, maxBytes, maxEntries, code, what }: FolderLimit, signal: AbortSignal): Promise<void> => {
  const bytes = await folderSize(folder, signal);
  if (bytes > maxBytes) throw new BuildFailure(code, `${what} is larger than ${describeBytes(maxBytes)}.`);
  const entries = await measure(["--inodes"], folder, signal);
  if (entries > maxEntries) throw new BuildFailure(code, `${what} has more than ${maxEntries} files.`);
};

/** What a folder takes of the disk. */
export const folderSize = (folder: string, signal: AbortSignal): Promise<number> =>
  measure(["--block-size=1"], folder, signal);

/** du(1) neither follows symbolic links nor leaves the disk, and costs a child process instead of a busy event loop. */
const measure = async (options: readonly string[], folder: string, signal: AbortSignal): Promise<number> => {
  let total = 0;
  const argv = ["du", "--summarize", "--one-file-system", ...options, "--", folder];
  const onLine = (stream: "stdout" | "stderr", line: string): void => {
    if (stream === "stdout") total = Number.parseInt(line, 10);
  };
  await runCommand({ argv, env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" } }, { onLine, signal });
  return total; // files that vanish while du looks make it exit with 1, and its sum is right all the same
};
