import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../test/wait-for.ts";
import { closeSql, connectAdmin } from "../db/connect.ts";
import { Secret } from "../secret.ts";
import { isAlive } from "./daemon.ts";
import { type LocalPostgres, startLocalPostgres, stopLocalPostgres } from "./postgres.ts";

let root: string;
const started: LocalPostgres[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hp-pg-"));
  chmodSync(root, 0o711);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const start = async (dataDir: string) => {
  const server = await startLocalPostgres({ dataDir });
  started.push(server);
  return server;
};
const folder = (name: string) => join(root, name);
const withSql = async <T>(url: Secret, body: (sql: ReturnType<typeof connectAdmin>) => Promise<T>): Promise<T> => {
  const sql = connectAdmin(url);
  try {
    return await body(sql);
  } finally {
    await closeSql(sql, 1);
  }
};

/** Starts the server in a process of its own that ends without a word; gives what that process printed. */
async function startElsewhere(dataDir: string): Promise<{ pid: number; adopted: boolean }> {
  const script = join(root, "start.ts");
  writeFileSync(
    script,
    `import { startLocalPostgres } from ${JSON.stringify(join(import.meta.dir, "postgres.ts"))};
    const { pid, adopted } = await startLocalPostgres({ dataDir: process.argv[2] });
    console.log(JSON.stringify({ pid, adopted }));
    process.kill(process.pid, "SIGKILL");`,
  );
  const child = Bun.spawn([process.execPath, script, dataDir], {
    stdout: "pipe",
    env: { ...process.env, HOMEPORT_LOG_LEVEL: "silent" },
  });
  return JSON.parse(await new Response(child.stdout).text());
}

describe("the embedded Postgres", () => {
  test("starts from nothing, answers with the right password only, and listens on no network", async () => {
    const dataDir = folder("fresh");
    const server = await start(dataDir);
    expect(server.adopted).toBe(false);
    await withSql(server.url, async (sql) => {
      const [row] =
        await sql`select current_user::text as "user", current_database() as db, current_setting('listen_addresses') as net,
        current_setting('fsync') as fsync, current_setting('server_version_num')::int >= 180000 as recent`;
      expect(row).toEqual({ user: "homeport", db: "homeport", net: "", fsync: "on", recent: true });
    });
    const wrong = new URL(server.url.reveal());
    wrong.password = "guess";
    const error = await withSql(new Secret(wrong.href), async (sql) => await sql`select 1`).catch(
      (err: unknown) => err,
    );
    expect(error).toMatchObject({ code: "28P01" });
    expect(statSync(join(dataDir, "postgres-password")).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, "postgres-run")).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, "postgres")).mode & 0o777).toBe(0o700);
    if (process.getuid?.() === 0) expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0);
  }, 30_000);

  test("outlives the kill -9 of the process that started it, and is adopted by the next", async () => {
    const dataDir = folder("adopted");
    const first = await startElsewhere(dataDir);
    expect(first.adopted).toBe(false);
    const second = await start(dataDir);
    expect(second).toMatchObject({ pid: first.pid, adopted: true });
  }, 30_000);

  test("that is killed with -9 starts again and has every row it said it had", async () => {
    const dataDir = folder("killed");
    const server = await start(dataDir);
    const sql = connectAdmin(server.url, { max: 4 });
    await sql`create table kept (id int primary key)`;
    const acknowledged: number[] = [];
    const writing = Promise.allSettled(
      Array.from({ length: 4 }, async (_, worker) => {
        for (let i = 0; i < 10_000; i++) {
          const id = worker * 10_000 + i;
          await sql`insert into kept (id) values (${id})`;
          acknowledged.push(id);
        }
      }),
    );
    await waitFor(() => acknowledged.length > 300);
    process.kill(server.pid, "SIGKILL");
    await writing;
    await closeSql(sql, 1);

    const again = await start(dataDir);
    expect(again.adopted).toBe(false);
    expect(again.pid).not.toBe(server.pid);
    const rows = await withSql(again.url, async (admin) => await admin<{ id: number }[]>`select id from kept`);
    const kept = new Set(rows.map((row) => row.id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
  }, 60_000);

  test("two starts at once give one server", async () => {
    const dataDir = folder("twice");
    const servers = await Promise.all([start(dataDir), start(dataDir)]);
    expect(servers[0]?.pid).toBe(servers[1]!.pid);
    expect(readdirSync(dataDir).filter((name) => name.includes(".new-"))).toEqual([]);
  }, 30_000);

  test("stops when told to, and stale locks that name another living process do not fool it", async () => {
    const dataDir = folder("stale");
    const server = await start(dataDir);
    await server.stop();
    expect(isAlive(server.pid, /^postgres/)).toBe(false);
    const socketDir = new URL(server.url.reveal()).searchParams.get("host") ?? "";
    writeFileSync(join(dataDir, "postgres", "postmaster.pid"), `${process.pid}\n${dataDir}/postgres\n`);
    writeFileSync(join(socketDir, ".s.PGSQL.5432.lock"), `${process.pid}\n${dataDir}/postgres\n`);
    const again = await start(dataDir);
    expect(again.adopted).toBe(false);
  }, 30_000);

  test("of another data folder is not stopped when a stale lock has its number", async () => {
    const server = await start(folder("other"));
    const dataDir = folder("rebooted");
    mkdirSync(join(dataDir, "postgres"), { recursive: true });
    writeFileSync(join(dataDir, "postgres", "postmaster.pid"), `${server.pid}\n${dataDir}/postgres\n`);
    await stopLocalPostgres(dataDir);
    expect(isAlive(server.pid, /^postgres/)).toBe(true);
  }, 30_000);

  test("refuses data of another major version instead of touching it", async () => {
    const dataDir = folder("old");
    const server = await start(dataDir);
    await server.stop();
    const file = join(dataDir, "postgres", "PG_VERSION");
    const version = readFileSync(file, "utf8");
    writeFileSync(file, "17\n");
    expect(startLocalPostgres({ dataDir })).rejects.toThrow("was made by Postgres 17");
    writeFileSync(file, version);
  }, 30_000);

  test("runs below a folder that is closed to other users, as a clone in /root is", async () => {
    const closed = folder("closed");
    mkdirSync(closed, { mode: 0o700 });
    chmodSync(closed, 0o700);
    const server = await start(join(closed, "data"));
    expect(await withSql(server.url, async (sql) => (await sql`select 1 as one`)[0]?.one)).toBe(1);
    expect(statSync(closed).mode & 0o777).toBe(0o700);
  }, 30_000);

  test("finds a shorter place for its socket when the path of its data is too long for one", async () => {
    const dataDir = folder("d".repeat(100));
    const server = await start(dataDir);
    const socketDir = new URL(server.url.reveal()).searchParams.get("host") ?? "";
    expect(socketDir.length).toBeLessThan(90);
    expect(await withSql(server.url, async (sql) => (await sql`select 1 as one`)[0]?.one)).toBe(1);
    rmSync(socketDir, { recursive: true, force: true });
  }, 30_000);

  test("that cannot start says why, with the end of its log", async () => {
    const dataDir = folder("broken");
    const server = await start(dataDir);
    await server.stop();
    rmSync(join(dataDir, "postgres", "global", "pg_control"));
    expect(startLocalPostgres({ dataDir })).rejects.toThrow(/did not start[\s\S]*pg_control/);
    expect(existsSync(join(dataDir, "postgres-password"))).toBe(true);
  }, 60_000);
});
