import { join } from "node:path";
import { DomainError } from "../errors.ts";
import { installJobs } from "../jobs/install.ts";
import { createLogger } from "../log.ts";
import type { Secret } from "../secret.ts";
import { type AppliedMigration, loadMigrations, type Migration, planMigrations } from "./migration-files.ts";
import { PLATFORM_SCHEMA, schemaOf } from "./names.ts";
import { ensurePlatform, ensureRole, grantSchema } from "./roles.ts";
import type { Sql, Tx } from "./types.ts";

const log = createLogger("migrate");

/** Any number: the key of the advisory lock that migrations of one database take turns under. */
const MIGRATION_LOCK = 7_405_013;
/** `xid8` came with 13, `return` bodies of SQL functions with 14, unprivileged public schemas with 15. */
const OLDEST_SERVER = 150_000;
/** Connections of one app over all its replicas; its pool has four each. */
const CONNECTION_LIMIT = 32;
/** Tries of a transaction that lost against another one, here or in another database of the same server. */
const ATTEMPTS = 10;

export type MigrateOptions = {
  /** A pool of `connectAdmin`. */
  admin: Sql;
  app: string;
  /** Folder of `NNNN_name.sql` files; an app without tables has none and gets its role and schema only. */
  dir?: string;
  secret: Secret;
  /** Whether the app has background jobs: their schema is made too. */
  jobs?: boolean;
  connectionLimit?: number;
};

/**
 * Brings the database to this version of an app: the platform's own tables first, then the app's schema, role and
 * migrations, one transaction for each file. Any number of replicas may start at once; each file runs in one of them.
 *
 * Files are named `0001_init.sql` and so on, without gaps, and are never edited once merged. They run with the app's
 * schema as search_path. A change that running processes of the version before cannot live with has a line
 * `-- breaking: why`, which keeps such a process from starting again.
 * @throws {DomainError} internal, when a file that ran was changed or lost; unavailable, when the server is too old.
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const { admin, app, secret } = options;
  const schema = schemaOf(app);
  await migratePlatform(admin);
  await locked(admin, async (tx) => {
    await ensureRole(tx, { app, secret, connectionLimit: options.connectionLimit ?? CONNECTION_LIMIT });
    await tx`create schema if not exists ${tx(schema)}`;
    await grantSchema(tx, app);
  });
  const applied = options.dir === undefined ? [] : await runFiles(admin, app, schema, options.dir);
  if (options.jobs) await installJobs(admin, app, (body) => locked(admin, body));
  return { applied };
}

/** Creates or updates what all apps share. `migrate` does it too; alone it is for a process without an app. */
export async function migratePlatform(admin: Sql): Promise<void> {
  const [server] = await admin<[{ version: number; name: string }]>`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as name`;
  if (server.version < OLDEST_SERVER) {
    throw new DomainError("unavailable", `The database server is Postgres ${server.name}; Homeport needs 15 or newer.`);
  }
  await locked(admin, ensurePlatform);
  await runFiles(admin, PLATFORM_SCHEMA, PLATFORM_SCHEMA, join(import.meta.dir, "platform"));
}

async function runFiles(admin: Sql, app: string, schema: string, dir: string): Promise<string[]> {
  const files = await loadMigrations(dir);
  const applied: string[] = [];
  // The ledger is read again under the lock before each file: another replica may have run it meanwhile.
  for (let more = true; more; ) {
    more = await locked(admin, async (tx) => {
      const ledger = await listApplied(tx, app);
      const [next] = planMigrations(app, files, ledger);
      if (ledger.length > files.length)
        log.warn({ app, newest: ledger.at(-1)?.name }, "the database is ahead of this version");
      if (!next) return false;
      await runFile(tx, app, schema, next);
      applied.push(next.name);
      return true;
    });
  }
  return applied;
}

async function runFile(tx: Tx, app: string, schema: string, file: Migration): Promise<void> {
  const started = performance.now();
  // A migration that cannot have its lock soon gives up and is tried again, so that it does not queue up all traffic behind it.
  await tx`select set_config('lock_timeout', '5s', true), set_config('search_path', ${schema}, true)`;
  try {
    await tx.unsafe(file.text);
  } catch (err) {
    if (isRetryable(err)) throw err;
    const reason = err instanceof Error ? err.message : String(err);
    throw new DomainError("internal", `Migration ${file.name} of "${app}" failed and was rolled back: ${reason}`, {
      cause: err,
    });
  }
  await tx`
    insert into platform.migrations (app, number, name, checksum, breaking)
    values (${app}, ${file.number}, ${file.name}, ${file.checksum}, ${file.breaking})`;
  log.info({ app, migration: file.name, durationMs: Math.round(performance.now() - started) }, "migration applied");
}

const listApplied = (tx: Tx, app: string): Promise<AppliedMigration[]> => tx<AppliedMigration[]>`
  select number, name, checksum, breaking
  from platform.migrations
  where app = ${app}
  order by number`;

/** One transaction under the migration lock, tried again when it lost against another one. */
async function locked<T>(admin: Sql, body: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await admin.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
        return { value: await body(tx) };
      });
      return result.value;
    } catch (err) {
      if (attempt >= ATTEMPTS || !isRetryable(err)) throw err;
      log.warn({ err, attempt }, "migration step lost a race and is tried again");
      await Bun.sleep(50 * attempt + Math.random() * 50);
    }
  }
}

/** Deadlock, lock_timeout, and XX000 "tuple concurrently updated": two databases of one server changing the same role. */
function isRetryable(err: unknown): boolean {
  const code = err instanceof Error && "code" in err ? err.code : "";
  return (
    code === "40P01" ||
    code === "55P03" ||
    (code === "XX000" && err instanceof Error && err.message.includes("concurrently"))
  );
}
