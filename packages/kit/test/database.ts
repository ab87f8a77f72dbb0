import { createHash } from "node:crypto";
import { join } from "node:path";
import { closeSql, connectAdmin, connectApp, type Sql } from "../src/db/connect.ts";
import { migrate, migratePlatform } from "../src/db/migrate.ts";
import { loadMigrations } from "../src/db/migration-files.ts";
import { limitDatabase } from "../src/db/roles.ts";
import { Secret } from "../src/secret.ts";
import { testPostgres } from "./servers.ts";

/** An app whose schema a test needs. */
export type TestSchema = { app: string; dir?: string; jobs?: boolean };

export type TestDatabase = AsyncDisposable & {
  /** The superuser's URL of this database, as DATABASE_URL. */
  url: Secret;
  /** As APP_SECRET: the apps' passwords are derived from it. */
  secret: Secret;
  /** A pool of the superuser, for setting the scene and looking behind it. */
  admin: Sql;
  /** A pool with the rights of an app; closed by `drop`. */
  connect(app: string, options?: { max?: number }): Sql;
  drop(): Promise<void>;
};

/** The same for all tests: roles belong to the server and not to a database, so two secrets would fight over them. */
const SECRET = new Secret("homeport-test-secret-homeport-test-secret");

/** The roles' limit counts over all databases of the run. */
const CONNECTION_LIMIT = 80;

/** Any number: the key of the advisory lock under which a template is made. */
const TEMPLATE_LOCK = 7_405_014;

/**
 * A database of its own for a test file, with the platform's tables and those of `apps`: a clone of a template that is
 * migrated once per run. Drop it at the end.
 */
export async function testDatabase(apps: readonly TestSchema[] = []): Promise<TestDatabase> {
  const server = await testPostgres();
  return createFrom(server, await ensureTemplate(server, apps));
}

/** A database without anything, for tests of the migrations themselves. */
export const emptyDatabase = async (): Promise<TestDatabase> => createFrom(await testPostgres(), "template0");

async function createFrom(server: Secret, template: string): Promise<TestDatabase> {
  const name = `test_${Bun.randomUUIDv7("hex").replaceAll("-", "")}`;
  await withAdmin(server, (sql) => sql`create database ${sql(name)} template ${sql(template)}`);
  const url = onDatabase(server, name);
  const admin = connectAdmin(url, { max: 10, applicationName: "homeport-test" });
  await limitDatabase(admin);
  const pools = [admin];
  const drop = async () => {
    await Promise.all(pools.splice(0).map((pool) => closeSql(pool, 1)));
    await withAdmin(server, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
  };
  const connect: TestDatabase["connect"] = (app, options = {}) => {
    const pool = connectApp({ url, app, secret: SECRET, ...options });
    pools.push(pool);
    return pool;
  };
  return { url, secret: SECRET, admin, connect, drop, [Symbol.asyncDispose]: drop };
}

/** The name says what is in it, so another test file or another process with the same apps uses it too. */
async function ensureTemplate(server: Secret, apps: readonly TestSchema[]): Promise<string> {
  const template = `template_${await fingerprint(apps)}`;
  await withAdmin(server, async (sql) => {
    const reserved = await sql.reserve();
    try {
      await reserved`select pg_advisory_lock(${TEMPLATE_LOCK})`;
      const known = await reserved`select from pg_catalog.pg_database where datname = ${template}`;
      if (known.length > 0) return;
      const unfinished = `${template}_new`;
      await reserved`drop database if exists ${sql(unfinished)} with (force)`;
      await reserved`create database ${sql(unfinished)} template template0`;
      await withAdmin(onDatabase(server, unfinished), (admin) => migrateAll(admin, apps));
      await reserved`alter database ${sql(unfinished)} rename to ${sql(template)}`;
    } finally {
      await reserved`select pg_advisory_unlock(${TEMPLATE_LOCK})`;
      reserved.release();
    }
  });
  return template;
}

async function migrateAll(admin: Sql, apps: readonly TestSchema[]): Promise<void> {
  await migratePlatform(admin);
  for (const app of apps) await migrate({ admin, secret: SECRET, connectionLimit: CONNECTION_LIMIT, ...app });
}

async function fingerprint(apps: readonly TestSchema[]): Promise<string> {
  const hash = createHash("sha256");
  for (const { dir, ...app } of [{ app: "platform", dir: join(import.meta.dir, "../src/db/platform") }, ...apps]) {
    const files = dir === undefined ? [] : await loadMigrations(dir);
    hash.update(JSON.stringify([app, files.map((file) => file.checksum)]));
  }
  return hash.digest("hex").slice(0, 16);
}

function onDatabase(server: Secret, name: string): Secret {
  const url = new URL(server.reveal());
  url.pathname = `/${name}`;
  return new Secret(url.href);
}

async function withAdmin<T>(url: Secret, body: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connectAdmin(url, { max: 3, applicationName: "homeport-test" });
  try {
    return await body(sql);
  } finally {
    await closeSql(sql);
  }
}
