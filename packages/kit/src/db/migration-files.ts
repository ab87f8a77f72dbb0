import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DomainError } from "../errors.ts";

/** One numbered SQL file. */
export type Migration = {
  number: number;
  name: string;
  checksum: string;
  /** Why processes of the version before cannot live with it; null when they can. */
  breaking: string | null;
  text: string;
};

/** What the database remembers of a migration that ran. */
export type AppliedMigration = Omit<Migration, "text">;

const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;
const BREAKING = /^--\s*breaking:\s*(\S.*)$/m;

/**
 * The migrations of a folder, in order; files with other names (schema.sql, README) are passed over.
 * @throws {DomainError} internal, when a number is missing or used twice.
 */
export async function loadMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => FILE.test(name)).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number(name.slice(0, 4));
      if (number !== index + 1) {
        throw new DomainError(
          "internal",
          `Migrations in ${dir} must be numbered without gaps from 0001: ${name} stands where number ${index + 1} belongs.`,
        );
      }
      const text = (await readFile(join(dir, name), "utf8")).replaceAll("\r\n", "\n");
      return {
        number,
        name,
        checksum: createHash("sha256").update(text).digest("hex"),
        breaking: BREAKING.exec(text)?.[1]?.trim() ?? null,
        text,
      };
    }),
  );
}

/**
 * Compares the files of this version with what the database has seen and gives those still to run.
 *
 * A database may be ahead by whole files at the end: that is an older version of an app starting again while a newer
 * one is being rolled out, and is fine unless one of the newer files is marked breaking.
 * @throws {DomainError} internal, when history was rewritten or is too new for this version.
 */
export function planMigrations(
  app: string,
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  const byNumber = new Map(files.map((file) => [file.number, file]));
  for (const done of applied) {
    const file = byNumber.get(done.number);
    const where = `Migration ${done.name} of "${app}"`;
    if (!file && done.breaking) {
      throw new DomainError(
        "internal",
        `${where} ran on this database and this version cannot live with it: ${done.breaking}. Start the newer version.`,
      );
    }
    if (file && file.name !== done.name) {
      throw new DomainError(
        "internal",
        `${where} ran on this database but is gone: number ${done.number} is now ${file.name}. Put it back.`,
      );
    }
    if (file && file.checksum !== done.checksum) {
      throw new DomainError(
        "internal",
        `${where} was changed after it ran on this database. Restore it and add a new file for the change.`,
      );
    }
  }
  const seen = new Set(applied.map((done) => done.number));
  return files.filter((file) => !seen.has(file.number));
}
