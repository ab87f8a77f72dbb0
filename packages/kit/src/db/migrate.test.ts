import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyDatabase, type TestDatabase } from "../../test/database.ts";
import { closeSql, connectAdmin } from "./connect.ts";
import { migrate } from "./migrate.ts";

const INIT = "create table things (id int primary key, name text not null unique);";
const ADD = "alter table things add column size int not null default 0; create index things_size_idx on things (size);";

let root: string;

/** A folder of migration files; each test has its own. */
async function folder(files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(root, "migrations-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  return dir;
}

const run = (db: TestDatabase, dir: string) => migrate({ admin: db.admin, app: "shop", dir, secret: db.secret });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "homeport-migrate-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("migrate", () => {
  test("ten replicas that start at once run each file once", async () => {
    await using db = await emptyDatabase();
    const dir = await folder({ "0001_init.sql": INIT, "0002_add_size.sql": ADD });
    const replicas = Array.from({ length: 10 }, () => connectAdmin(db.url, { max: 2 }));
    const results = await Promise.all(replicas.map((admin) => migrate({ admin, app: "shop", dir, secret: db.secret })));
    await Promise.all(replicas.map(closeSql));

    expect(results.flatMap((result) => result.applied).sort()).toEqual(["0001_init.sql", "0002_add_size.sql"]);
    const ledger = await db.admin`select name from platform.migrations where app = 'shop' order by number`;
    expect(ledger.map((row) => row.name)).toEqual(["0001_init.sql", "0002_add_size.sql"]);
    expect(await db.connect("shop")`select id, name, size from shop.things`).toHaveLength(0);
  });

  test("a second start with a new file runs only that file", async () => {
    await using db = await emptyDatabase();
    const dir = await folder({ "0001_init.sql": INIT });
    expect(await run(db, dir)).toEqual({ applied: ["0001_init.sql"] });
    await writeFile(join(dir, "0002_add_size.sql"), ADD);
    expect(await run(db, dir)).toEqual({ applied: ["0002_add_size.sql"] });
    expect(await run(db, dir)).toEqual({ applied: [] });
  });

  test("a file that was changed after it ran stops the start and names the file", async () => {
    await using db = await emptyDatabase();
    const dir = await folder({ "0001_init.sql": INIT });
    await run(db, dir);
    await writeFile(join(dir, "0001_init.sql"), `${INIT} -- touched`);
    expect(run(db, dir)).rejects.toThrow('Migration 0001_init.sql of "shop" was changed after it ran');
  });

  test("a file that ran and is gone stops the start, whether another took its number or none did", async () => {
    await using db = await emptyDatabase();
    await run(db, await folder({ "0001_init.sql": INIT, "0002_add_size.sql": ADD }));
    const replaced = await folder({ "0001_init.sql": INIT, "0002_other.sql": "select 1;" });
    expect(run(db, replaced)).rejects.toThrow('0002_add_size.sql of "shop" ran on this database but is gone');
    const removed = await folder({ "0002_add_size.sql": ADD });
    expect(run(db, removed)).rejects.toThrow("0002_add_size.sql stands where number 1 belongs");
  });

  test("numbers with a gap stop the start before anything runs", async () => {
    await using db = await emptyDatabase();
    const dir = await folder({ "0001_init.sql": INIT, "0003_late.sql": ADD });
    expect(run(db, dir)).rejects.toThrow("0003_late.sql stands where number 2 belongs");
    expect((await db.admin`select to_regclass('shop.things') as name`)[0]?.name).toBeNull();
  });

  test("an older version starts on a newer database, unless a newer file is marked breaking", async () => {
    await using db = await emptyDatabase();
    const older = await folder({ "0001_init.sql": INIT });
    await run(db, await folder({ "0001_init.sql": INIT, "0002_add_size.sql": ADD }));
    expect(await run(db, older)).toEqual({ applied: [] });

    const breaking = "-- breaking: names moved to labels\nalter table things drop column name;";
    await run(db, await folder({ "0001_init.sql": INIT, "0002_add_size.sql": ADD, "0003_drop.sql": breaking }));
    expect(run(db, older)).rejects.toThrow("cannot live with it: names moved to labels");
  });

  test("a file that fails leaves nothing behind and can be corrected", async () => {
    await using db = await emptyDatabase();
    const dir = await folder({ "0001_init.sql": `${INIT} select nonsense;` });
    expect(run(db, dir)).rejects.toThrow('Migration 0001_init.sql of "shop" failed and was rolled back');
    await writeFile(join(dir, "0001_init.sql"), INIT);
    expect(await run(db, dir)).toEqual({ applied: ["0001_init.sql"] });
  });

  test("a migration waits for a lock only briefly at a time, and gets it once it is free", async () => {
    await using db = await emptyDatabase();
    const dir = await folder({ "0001_init.sql": INIT });
    await run(db, dir);
    await writeFile(join(dir, "0002_add_size.sql"), `set local lock_timeout = '20ms'; ${ADD}`);
    const held = Promise.withResolvers<void>();
    const holder = db.admin.begin(async (tx) => {
      await tx`lock table shop.things in access exclusive mode`;
      await held.promise;
    });
    const migrating = run(db, dir);
    setTimeout(held.resolve, 200);
    await holder;
    expect(await migrating).toEqual({ applied: ["0002_add_size.sql"] });
  });

  test("an app without a folder has its role and schema all the same", async () => {
    await using db = await emptyDatabase();
    await migrate({ admin: db.admin, app: "plain-app", secret: db.secret });
    const [row] = await db.connect("plain-app")`select current_user::text as role, current_schema() as schema`;
    expect(row).toEqual({ role: "hp_plain_app", schema: "plain_app" });
  });
});
