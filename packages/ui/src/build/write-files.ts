import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { listRecords, readRecord } from "../assets/build-assets.ts";
import { type AssetFile, type BuildRecord, PUBLIC_PREFIX } from "../assets/manifest.ts";

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Builds whose files stay, so that pages loaded before an upgrade keep working. */
const KEPT_BUILDS = 3;
/** A smaller file is not worth another request header. */
const MIN_COMPRESSED = 200;

export interface OutputFile {
  name: string;
  type: string;
  bytes: Uint8Array;
}

/** Writes the files and their compressed forms; names are by content, so what is already there is not written again. */
export async function writeFiles(outDir: string, files: readonly OutputFile[]): Promise<BuildRecord["files"]> {
  const dir = join(outDir, "files");
  await mkdir(dir, { recursive: true });
  const written = await Promise.all(
    files.map(async (file): Promise<[string, AssetFile]> => {
      const entry: AssetFile = { type: file.type, bytes: file.bytes.byteLength };
      await writeOnce(join(dir, file.name), file.bytes);
      if (file.bytes.byteLength >= MIN_COMPRESSED) {
        const [br, gz] = await Promise.all([
          compressBrotli(file.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
          compressGzip(file.bytes, { level: 9 }),
        ]);
        await Promise.all([writeOnce(join(dir, `${file.name}.br`), br), writeOnce(join(dir, `${file.name}.gz`), gz)]);
        entry.br = br.byteLength;
        entry.gzip = gz.byteLength;
      }
      return [PUBLIC_PREFIX + file.name, entry];
    }),
  );
  return Object.fromEntries(written.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The record comes last and at once: a reader sees a whole build or none. */
export async function writeRecord(outDir: string, record: BuildRecord): Promise<void> {
  const path = join(outDir, `${record.key}.json`);
  await Bun.write(`${path}.${process.pid}`, JSON.stringify(record, null, 1));
  await rename(`${path}.${process.pid}`, path);
  await removeOld(outDir);
}

async function writeOnce(path: string, bytes: Uint8Array): Promise<void> {
  if (await Bun.file(path).exists()) return;
  // Another process may be building the same: each writes its own file and the rename decides, with equal content.
  await Bun.write(`${path}.${process.pid}`, bytes);
  await rename(`${path}.${process.pid}`, path);
}

async function removeOld(outDir: string): Promise<void> {
  const records = await listRecords(outDir);
  const kept = await Promise.all(records.slice(0, KEPT_BUILDS).map(readRecord));
  const needed = new Set(kept.flatMap((record) => Object.keys(record?.files ?? {})));
  for (const path of records.slice(KEPT_BUILDS)) {
    const old = await readRecord(path);
    for (const url of Object.keys(old?.files ?? {})) {
      if (needed.has(url)) continue;
      const file = join(outDir, "files", url.slice(PUBLIC_PREFIX.length));
      await Promise.all([file, `${file}.br`, `${file}.gz`].map((one) => rm(one, { force: true })));
    }
    await rm(path, { force: true });
  }
}
