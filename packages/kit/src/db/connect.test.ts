import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { DomainError } from "../errors.ts";
import { toDomainError } from "../http/problem.ts";
import { Secret } from "../secret.ts";
import { closeSql, connectAdmin, jsonb } from "./connect.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { dbError, isUniqueViolation, translateDbError } from "./errors.ts";
import { schemaOf } from "./names.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.admin`create table public.goods (
    id int primary key, name text constraint goods_name_key unique, parent int constraint goods_parent_fkey references public.goods,
    size int constraint goods_size_check check (size > 0)
  )`;
});
afterAll(() => db.drop());

describe("values", () => {
  test("int8 and counts are numbers, timestamps dates, jsonb values", async () => {
    const [row] = await db.admin`
      select 9007199254740991::int8 as big, count(*) as many, '2026-01-02T03:04:05Z'::timestamptz as at,
        ${jsonb(db.admin, { a: [1, "two", null] })}::jsonb as json, array[1, 2]::int8[] as list, 1.50::numeric as exact`;
    expect(row).toEqual({
      big: 9007199254740991,
      many: 1,
      at: new Date("2026-01-02T03:04:05Z"),
      json: { a: [1, "two", null] },
      list: [1, 2],
      exact: "1.50",
    });
  });

  test("an int8 that a number cannot hold is an error, not another number", async () => {
    expect(async () => await db.admin`select 9007199254740993::int8 as big`).toThrow("does not fit");
  });
});

describe("database errors become errors of the domain", () => {
  const insert = (row: { id: number; name?: string; parent?: number; size?: number }) => db.admin`
    insert into public.goods (id, name, parent, size) values (${row.id}, ${row.name ?? null}, ${row.parent ?? null}, ${row.size ?? 1})`;

  test("a duplicate is a conflict, in the store's own words where it has some", async () => {
    await insert({ id: 1, name: "lamp" });
    expect(
      insert({ id: 2, name: "lamp" }).catch(dbError({ goods_name_key: "This name is taken." })),
    ).rejects.toMatchObject({
      code: "conflict",
      message: "This name is taken.",
    });
    const err = await insert({ id: 1 }).catch((error: unknown) => error);
    expect(isUniqueViolation(err)).toBe(true);
    expect(isUniqueViolation(err, "goods_name_key")).toBe(false);
    expect(translateDbError(err)).toMatchObject({ code: "conflict", message: "This exists already." });
  });

  test.each([
    ["a missing reference", "conflict", () => insert({ id: 3, parent: 99 })],
    ["a value the table refuses", "invalid", () => insert({ id: 4, size: 0 })],
    [
      "a statement that takes too long",
      "unavailable",
      () =>
        db.admin.begin(async (tx) => {
          await tx`set local statement_timeout = '10ms'`;
          await tx`select pg_sleep(5)`;
        }),
    ],
  ])("%s is %s", async (_name, code, attempt) => {
    const err = await attempt().catch((error: unknown) => translateDbError(error));
    expect(err).toBeInstanceOf(DomainError);
    expect(err).toMatchObject({ code });
  });

  test("a statement that takes too long is unavailable to the caller of any app, whatever its store says", async () => {
    const err = await db.admin
      .begin(async (tx) => {
        await tx`set local statement_timeout = '10ms'`;
        await tx`select pg_sleep(5)`;
      })
      .catch(toDomainError);
    expect(err).toMatchObject({ code: "unavailable", retryAfterSeconds: 1 });
  });

  test("a full disk is said to be one", () => {
    const err = Object.assign(new Error("could not extend file"), { code: "53100" });
    expect(translateDbError(err)).toMatchObject({ code: "unavailable", message: "The database's disk is full." });
    expect(toDomainError(err)).toMatchObject({ code: "unavailable", message: "The database's disk is full." });
  });

  test("a server that is not there is unavailable", async () => {
    const sql = connectAdmin(new Secret("postgres://nobody:secret@localhost/none?host=%2Ftmp%2Fno-such-dir"));
    const err = await sql`select 1`.catch((error: unknown) => translateDbError(error));
    expect(err).toMatchObject({ code: "unavailable" });
    await closeSql(sql);
  });

  test("what nobody foresaw stays what it is", async () => {
    const err = await db.admin`select nonsense`.catch((error: unknown) => error);
    expect(translateDbError(err)).toBe(err);
  });
});

describe("a pool", () => {
  test("gives a query the connection that was used last, so that those it does not need may end", async () => {
    const sql = connectAdmin(db.url, { max: 4 });
    const pids = await Promise.all(
      Array.from({ length: 4 }, () => sql`select pg_backend_pid() as pid, pg_sleep(0.05)`.then(([row]) => row?.pid)),
    );
    expect(new Set(pids).size).toBe(4);
    const after: unknown[] = [];
    for (let i = 0; i < 8; i++) after.push((await sql`select pg_backend_pid() as pid`)[0]?.pid);
    expect(new Set(after).size).toBe(1);
    await sql.begin(async (tx) => expect((await tx`select pg_backend_pid() as pid`)[0]?.pid).toBe(after[0]));
    await closeSql(sql);
  });
});

describe("names and addresses", () => {
  test("an app id gives its schema; names that would be somebody else's are refused", () => {
    expect(schemaOf("my-app")).toBe("my_app");
    for (const name of ["public", "platform", "pg-stat", "shop-jobs", "Shop", "a b", "", "1shop", "a".repeat(41)]) {
      expect(() => schemaOf(name)).toThrow(DomainError);
    }
  });

  test.each([
    [
      "postgres://u:p%40ss@db.example:6000/home",
      { host: "db.example", port: 6000, user: "u", password: "p@ss", database: "home", ssl: false },
    ],
    ["postgresql://u:p@localhost/home?host=%2Frun%2Fpg&port=5433", { path: "/run/pg/.s.PGSQL.5433", database: "home" }],
    ["postgres://u:p@db/home?sslmode=verify-full", { ssl: true }],
    ["postgres://u:p@db?sslmode=require", { ssl: "require", database: "postgres" }],
  ])("%s", (url, expected) => {
    expect(parseDatabaseUrl(new Secret(url))).toMatchObject(expected);
  });

  test("a wrong DATABASE_URL is refused without being repeated", () => {
    for (const url of ["mysql://u:hunter2@db/x", "hunter2", "postgres://u:hunter2@db/x?sslmode=maybe"]) {
      expect(() => parseDatabaseUrl(new Secret(url))).toThrow(/^(?!.*hunter2).*DATABASE_URL/);
    }
  });
});
