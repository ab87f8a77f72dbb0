import { mkdir, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { tableLog } from "./log.ts";
import { SavedTable } from "./saved-table.ts";

/** 50,000 workloads are about 30 MB; a larger file was not written by us. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** The last good table, or null when there is none or it cannot be trusted. Never throws: without it we wait for Valkey. */
export async function loadTable(file: string): Promise<SavedTable | null> {
  try {
    const { size } = await stat(file).catch(() => ({ size: 0 }));
    if (size === 0) return null;
    if (size > MAX_FILE_BYTES) throw new Error(`The file is larger than ${MAX_FILE_BYTES} bytes.`);
    return SavedTable.parse(JSON.parse(await Bun.file(file).text()));
  } catch (err) {
    tableLog.warn({ err, file }, "the saved route table is unreadable and is ignored");
    return null;
  }
}

/**
 * Writes tables to one file, one at a time; while a write runs only the newest waits. Several gateways may write the same
 * file, each under a `writer` name of its own: whole tables replace each other, and soon they all have the same.
 */
export class TableFile {
  private waiting: string | null = null;
  private writing: Promise<void> | null = null;

  constructor(
    private readonly file: string,
    private readonly writer = "gateway",
  ) {}

  save(serialized: string): void {
    this.waiting = serialized;
    this.writing ??= this.writeWaiting();
  }

  /** Resolves when everything given to `save` so far is on disk or has failed. */
  async flush(): Promise<void> {
    while (this.writing !== null) await this.writing;
  }

  private async writeWaiting(): Promise<void> {
    while (this.waiting !== null) {
      const serialized = this.waiting;
      this.waiting = null;
      try {
        await writeAtomically(this.file, `${this.file}.${this.writer}.tmp`, serialized);
      } catch (err) {
        // A full disk must not take the routes away; the next change tries again.
        tableLog.error({ err, file: this.file }, "cannot save the route table");
      }
    }
    this.writing = null;
  }
}

/** After a crash or a power cut there is the old file or the new one, never half of one. */
async function writeAtomically(file: string, temporary: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
