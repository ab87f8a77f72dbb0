import type { Secret } from "../secret.ts";
import { APPS_ROLE, PLATFORM_SCHEMA, roleOf, rolePassword, schemaOf } from "./names.ts";
import { scramVerifier } from "./scram.ts";
import type { Db, Tx } from "./types.ts";

/**
 * Creates what all apps share: the platform schema, its ledger of migrations, and the group role of the apps' roles.
 * The caller holds the migration lock.
 */
export async function ensurePlatform(tx: Tx): Promise<void> {
  await createRole(tx, APPS_ROLE);
  await tx`create schema if not exists ${tx(PLATFORM_SCHEMA)}`;
  await tx`
    create table if not exists platform.migrations (
      app text not null,
      number integer not null,
      name text not null,
      checksum text not null,
      breaking text,
      applied_at timestamptz not null default now(),
      constraint migrations_pkey primary key (app, number)
    )`;
  await tx`grant usage on schema ${tx(PLATFORM_SCHEMA)} to ${tx(APPS_ROLE)}`;
  // A role that may create objects could shadow names that a SECURITY DEFINER function or an admin session looks up.
  await tx`revoke create on schema public from public`;
  await limitDatabase(tx);
}

/** Rights on the database itself; a database that is cloned from a template starts without them. */
export async function limitDatabase(db: Db): Promise<void> {
  const [row] = await db<[{ name: string }]>`select current_database() as name`;
  await db`revoke temporary on database ${db(row.name)} from public`;
}

/**
 * Creates the schema and the role of an app, or brings them up to date: rights are stated anew at each start, so that
 * one that was taken or given by hand does not stay. The caller holds the migration lock.
 */
export async function ensureRole(
  tx: Tx,
  options: { app: string; secret: Secret; connectionLimit: number },
): Promise<void> {
  const role = roleOf(options.app);
  await createRole(tx, role);
  // `alter role` is a utility statement and takes no parameters. The verifier has no quotes: base64, `$` and `:`.
  await tx.unsafe(`alter role ${role} with login inherit nocreatedb nocreaterole connection limit ${options.connectionLimit}
    password '${scramVerifier(rolePassword(options.secret, options.app))}'`);
  await tx`grant ${tx(APPS_ROLE)} to ${tx(role)}`;
  const [row] = await tx<[{ name: string }]>`select current_database() as name`;
  await tx`grant connect on database ${tx(row.name)} to ${tx(role)}`;
}

/** Data may be read and written, nothing created, altered or dropped; also in tables that later migrations create. */
export async function grantSchema(tx: Tx, app: string, schema: string = schemaOf(app)): Promise<void> {
  const role = tx(roleOf(app));
  const name = tx(schema);
  await tx`revoke all on schema ${name} from public`;
  await tx`revoke all on schema ${name} from ${role}`;
  await tx`grant usage on schema ${name} to ${role}`;
  await tx`grant select, insert, update, delete on all tables in schema ${name} to ${role}`;
  await tx`grant usage, select on all sequences in schema ${name} to ${role}`;
  await tx`grant execute on all functions in schema ${name} to ${role}`;
  await tx`alter default privileges in schema ${name} grant select, insert, update, delete on tables to ${role}`;
  await tx`alter default privileges in schema ${name} grant usage, select on sequences to ${role}`;
  await tx`alter default privileges in schema ${name} grant execute on functions to ${role}`;
}

/** `create role if not exists`, which Postgres does not have. Roles belong to the server, not to the database. */
async function createRole(tx: Tx, role: string): Promise<void> {
  const known = await tx`select from pg_catalog.pg_roles where rolname = ${role}`;
  if (known.length > 0) return;
  try {
    await tx.savepoint((inner) => inner`create role ${inner(role)} nologin`);
  } catch (err) {
    // A start against another database of the same server was quicker; the migration lock is one per database.
    const code = err instanceof Error && "code" in err ? err.code : "";
    if (code !== "42710" && code !== "23505") throw err;
  }
}
