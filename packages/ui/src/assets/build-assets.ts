import { readdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type AppAssets, inputKey, sha256OfFile, UI_DIR } from "./input-key.ts";
import { type AssetManifest, BuildRecord } from "./manifest.ts";

export type { AppAssets } from "./input-key.ts";

export interface BuildOptions {
  apps: readonly AppAssets[];
  /** Holds the files and one record per build. Several processes may build into it at once. */
  outDir: string;
  signal?: AbortSignal | undefined;
}

const BUILD_TIMEOUT_MS = 120_000;
/** The builder asks packages for the names they export, and React has other ones in development. */
const AS_PRODUCTION = ["--define", 'process.env.NODE_ENV:"production"'];
const MAX_MESSAGE = 8000;

/**
 * The assets of these apps. When nothing that goes in has changed, they come from disk; otherwise a child process builds them, so that
 * the caller never loads the build tools.
 *
 * @throws {Error} with what is wrong and where, when an island cannot be built.
 */
export async function buildAssets({ apps, outDir, signal }: BuildOptions): Promise<AssetManifest> {
  const key = await inputKey(apps);
  const path = join(outDir, `${key}.json`);
  const known = await readRecord(path);
  if (known !== null && (await othersUnchanged(known))) {
    // The newest record is the one in use: `loadAssets` serves it, and it is not removed for its age.
    const now = new Date();
    await utimes(path, now, now);
    return withOlder(known, outDir);
  }
  const args = apps.flatMap((app) => ["--app", `${app.id}=${app.dir}`]);
  const timeout = AbortSignal.timeout(BUILD_TIMEOUT_MS);
  const child = Bun.spawn(
    [process.execPath, ...AS_PRODUCTION, join(UI_DIR, "src/build/cli.ts"), "--out", outDir, ...args],
    {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    },
  );
  const [message, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  const built = exitCode === 0 ? await readRecord(path) : null;
  if (built === null) {
    throw new Error(`The pages' assets could not be built.\n${message.trim().slice(-MAX_MESSAGE)}`);
  }
  return withOlder(built, outDir);
}

/** The newest build in `outDir`, whatever it was made from; null when there is none. For images that were built with their assets. */
export async function loadAssets(outDir: string): Promise<AssetManifest | null> {
  const newest = (await listRecords(outDir))[0];
  const record = newest === undefined ? null : await readRecord(newest);
  return record === null ? null : withOlder(record, outDir);
}

/** Records in `outDir`, newest first. */
export async function listRecords(outDir: string): Promise<string[]> {
  const names = await readdir(outDir).catch(() => []);
  const records = names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).map((name) => join(outDir, name));
  const dated = await Promise.all(records.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  return dated.sort((a, b) => b.at - a.at || (a.path < b.path ? 1 : -1)).map((one) => one.path);
}

/** Null when there is no such record or when it is not one of ours, for example after an upgrade of its schema. */
export async function readRecord(path: string): Promise<BuildRecord | null> {
  const file = Bun.file(path);
  if (!(await file.exists())) return null;
  try {
    const parsed = BuildRecord.safeParse(await file.json());
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

async function othersUnchanged(record: BuildRecord): Promise<boolean> {
  const checks = record.otherInputs.map(
    async ({ path, sha256 }) => (await sha256OfFile(path).catch(() => "")) === sha256,
  );
  return (await Promise.all(checks)).every(Boolean);
}

/** A page that was loaded before an upgrade still imports the files of its own build: they are served as long as they lie there. */
async function withOlder(record: BuildRecord, dir: string): Promise<AssetManifest> {
  const older = await Promise.all((await listRecords(dir)).map(readRecord));
  const olderFiles = Object.assign({}, ...older.map((one) => one?.files ?? {})) as AssetManifest["olderFiles"];
  return { ...record, dir, olderFiles };
}
