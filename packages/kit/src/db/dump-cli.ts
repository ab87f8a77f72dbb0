import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { startLocalPostgres } from "../local/postgres.ts";
import { Secret } from "../secret.ts";
import { closeSql, connectAdmin } from "./connect.ts";
import { migrate, migratePlatform } from "./migrate.ts";
import { PLATFORM_SCHEMA, schemaOf } from "./names.ts";
import { dumpSchema } from "./schema-dump.ts";

/** `dump-cli.ts` writes every `schema.sql` beside its migrations; `--check` only says which are not current, and fails. */
const ROOT = resolve(import.meta.dir, "../../../..");
const APPS = join(ROOT, "packages", "apps");

const check = process.argv.includes("--check");
const dir = mkdtempSync(join(tmpdir(), "homeport-dump-"));
const server = await startLocalPostgres({ dataDir: dir, durable: false });
const admin = connectAdmin(server.url);
try {
  await migratePlatform(admin);
  const stale = [await write(PLATFORM_SCHEMA, join(import.meta.dir, "platform"))];
  for (const app of readdirSync(APPS).sort()) {
    const migrations = join(APPS, app, "src", "migrations");
    if (!existsSync(migrations)) continue;
    await migrate({ admin, app, dir: migrations, secret: new Secret("only for this server, which is thrown away") });
    stale.push(await write(schemaOf(app), migrations));
  }
  const found = stale.filter((file) => file !== null);
  if (check && found.length > 0) {
    process.stderr.write(`Not current: ${found.join(", ")}. Run "bun packages/kit/src/db/dump-cli.ts".\n`);
    process.exitCode = 1;
  }
} finally {
  await closeSql(admin);
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}

/** The path of the file when it was not current, else null. */
async function write(schema: string, folder: string): Promise<string | null> {
  const file = join(folder, "schema.sql");
  const text = await dumpSchema(admin, schema);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return null;
  if (!check) writeFileSync(file, text);
  return relative(ROOT, file);
}
