import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { waitFor } from "../../test/wait-for.ts";
import { afterCommit, closeSql, connectAdmin, type Sql, type Tx } from "./connect.ts";

let db: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  db = await testDatabase();
  await db.admin`create table public.marks (name text primary key)`;
  sql = connectAdmin(db.url, { max: 1 }); // one connection: whoever comes next gets the one that was lost
});
beforeEach(async () => void (await db.admin`delete from public.marks`));
afterAll(async () => {
  await closeSql(sql, 1);
  await db.drop();
});

const mark = (on: Sql | Tx, name: string) => on`insert into public.marks (name) values (${name})`;
const marks = async () => (await db.admin`select name from public.marks order by name`).map((row) => row.name);
const endSession = async (tx: Tx) => {
  const [row] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`;
  await db.admin`select pg_terminate_backend(${row.pid})`;
  await waitFor(async () => (await db.admin`select from pg_stat_activity where pid = ${row.pid}`).length === 0);
};

describe("afterCommit", () => {
  test("runs after the commit, with what savepoints added, and not after a rollback", async () => {
    const seen: string[] = [];
    await sql.begin(async (tx) => {
      afterCommit(tx, () => seen.push("first"));
      await tx.savepoint(async (inner) => {
        await inner`select 1`;
        afterCommit(inner, () => seen.push("kept savepoint"));
      });
      await tx
        .savepoint(async (inner) => {
          afterCommit(inner, () => seen.push("rolled back savepoint"));
          throw new Error("no");
        })
        .catch(() => undefined);
      expect(seen).toEqual([]);
    });
    expect(seen).toEqual(["first", "kept savepoint"]);

    const failed = await sql
      .begin(async (tx) => {
        afterCommit(tx, () => seen.push("rolled back"));
        throw new Error("no");
      })
      .catch((err: Error) => err.message);
    expect(failed).toBe("no");
    afterCommit(sql, () => seen.push("no transaction"));
    expect(seen).toEqual(["first", "kept savepoint", "no transaction"]);
  });
});

describe("a transaction whose connection is lost", () => {
  test("fails, and what its body still does reaches no other session", async () => {
    const lost = Promise.withResolvers<void>();
    const failing = sql.begin(async (tx) => {
      await mark(tx, "early");
      await endSession(tx);
      await lost.promise; // meanwhile another transaction uses the connection
      await mark(tx, "late");
    });
    expect(await failing.catch((err: { code?: string }) => err.code)).toBe("CONNECTION_CLOSED");
    const other = sql.begin(async (tx) => {
      await mark(tx, "other");
      lost.resolve();
      await Bun.sleep(0);
      await tx`select pg_sleep(0.05)`;
      await mark(tx, "other too");
    });
    await other;
    expect(await marks()).toEqual(["other", "other too"]);
  });

  test("fails when the loss shows first at a statement inside a savepoint, and the pool goes on", async () => {
    const failing = sql.begin((tx) =>
      tx.savepoint(async (inner) => {
        await mark(inner, "early");
        const [row] = await inner<[{ pid: number }]>`select pg_backend_pid() as pid`;
        await db.admin`select pg_terminate_backend(${row.pid})`;
        await mark(inner, "late");
      }),
    );
    expect(
      await failing.then(
        () => "committed",
        () => "failed",
      ),
    ).toBe("failed");
    await waitFor(() => sql.begin((tx) => mark(tx, "other")));
    expect(await marks()).toEqual(["other"]);
  });
});

test("a transaction cannot be used after its end", async () => {
  let kept: Tx | undefined;
  await sql.begin(async (tx) => {
    kept = tx;
    await mark(tx, "inside");
  });
  expect(() => mark(kept!, "outside")).toThrow("The transaction is over");
  expect(await marks()).toEqual(["inside"]);
});
