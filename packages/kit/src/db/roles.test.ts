import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { Secret } from "../secret.ts";
import { closeSql, connectApp, type Sql } from "./connect.ts";

const TABLES = `
  create table notes (id bigint generated always as identity primary key, body text not null);
  create function note_count() returns bigint language sql return (select count(*) from notes);
`;

let dir: string;
let db: TestDatabase;
let shop: Sql;
let mail: Sql;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-roles-"));
  await writeFile(join(dir, "0001_init.sql"), TABLES);
  db = await testDatabase([
    { app: "shop", dir },
    { app: "mail", dir },
  ]);
  shop = db.connect("shop");
  mail = db.connect("mail");
});
afterAll(async () => {
  await db.drop();
  await rm(dir, { recursive: true, force: true });
});

describe("the role of an app", () => {
  test("reads and writes its own tables, sequences and functions", async () => {
    await shop`insert into shop.notes (body) values ('milk')`;
    await shop`update shop.notes set body = 'bread'`;
    expect((await shop`select shop.note_count() as count`)[0]).toEqual({ count: 1 });
    await shop`delete from shop.notes`;
  });

  test.each([
    ["read another app's tables", (sql: Sql) => sql`select body from shop.notes`],
    ["call another app's functions", (sql: Sql) => sql`select shop.note_count()`],
    ["create tables, not even in its own schema", (sql: Sql) => sql`create table mail.mine (id int)`],
    ["create tables in public", (sql: Sql) => sql`create table public.mine (id int)`],
    ["create temporary tables", (sql: Sql) => sql`create temporary table mine (id int)`],
    ["alter its own tables", (sql: Sql) => sql`alter table mail.notes add column extra int`],
    ["drop its own tables", (sql: Sql) => sql`drop table mail.notes`],
    ["truncate its own tables", (sql: Sql) => sql`truncate mail.notes`],
    ["read the ledger of migrations", (sql: Sql) => sql`select name from platform.migrations`],
    ["become another app", (sql: Sql) => sql`set role hp_shop`],
    ["create roles", (sql: Sql) => sql`create role intruder`],
    ["create databases", (sql: Sql) => sql`create database intruder`],
    ["read files of the server", (sql: Sql) => sql`select pg_read_file('/etc/passwd')`],
  ])("may not %s", async (_name, attempt) => {
    const error = await attempt(mail).then(
      () => null,
      (err: unknown) => err,
    );
    expect(error).toMatchObject({ code: "42501" }); // insufficient_privilege
  });

  test("has a password that only APP_SECRET gives", async () => {
    const stranger = connectApp({
      url: db.url,
      app: "shop",
      secret: new Secret("another-secret-another-secret-another"),
    });
    const error = await stranger`select 1`.catch((err: unknown) => err);
    expect(error).toMatchObject({ code: "28P01" }); // invalid_password
    await closeSql(stranger);
  });

  test("has limits on its sessions", async () => {
    const rows = await shop`
      select name, setting::int as setting
      from pg_settings
      where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')
      order by name`;
    expect(rows.map((row) => row.setting)).toEqual([15_000, 10_000, 30_000]);
  });
});
