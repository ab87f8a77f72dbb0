import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ZodType } from "zod";

/**
 * Replaces a JSON file as a whole: a crash at any moment leaves the old or the new content, never half of one. Only the
 * owner may read it, because environments hold secrets.
 */
export const writeState = async (path: string, value: unknown): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${Bun.randomUUIDv7()}.tmp`;
  try {
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify(value));
      await file.sync(); // otherwise a power cut may leave the new name with no content
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (err) {
    await rm(draft, { force: true });
    throw err;
  }
};

/** Null when there is no such file. @throws when the file is not what `schema` says. */
export const readState = async <T>(path: string, schema: ZodType<T>): Promise<T | null> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (err) {
    if (isMissing(err)) return null;
    throw err;
  }
  return schema.parse(JSON.parse(text));
};

export const isMissing = (err: unknown): boolean => err instanceof Error && "code" in err && err.code === "ENOENT";
