import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { passSeconds, untold } from "../../test/keyring.ts";
import { waitFor } from "../../test/wait-for.ts";
import type { Sql } from "../db/types.ts";
import { type EventLog, startEventLog } from "../events/log.ts";
import { KEPT_ANSWERS } from "../http/idempotency.ts";
import { createLogger } from "../log.ts";
import { KEYS_CHANNEL } from "./data-keys.ts";
import { keyEncryption } from "./key-encryption.ts";
import type { SealedAt } from "./keyring.ts";
import { type LiveKeyring, startKeyring } from "./live-keyring.ts";
import { openKeys } from "./open-keys.ts";
import { startResealing } from "./reseal.ts";
import { createKeyAdmin, type KeyAdmin } from "./rotate.ts";
import type { SealedColumn } from "./sealed-column.ts";

const VAULT = `create table vault.items (
  shelf text not null,
  number bigint not null,
  organisation_id uuid not null,
  sealed bytea,
  primary key (shelf, number)
);`;

const itemAt = (shelf: string, number: number, organisationId: string): SealedAt => ({
  table: "vault.items",
  row: `${shelf}/${number}`,
  field: "sealed",
  organisationId,
});

const ITEMS: SealedColumn = {
  table: "vault.items",
  field: "sealed",
  key: ["shelf", "number"],
  also: ["organisation_id"],
  at: (row) => itemAt(String(row.shelf), Number(row.number), String(row.organisation_id)),
};

const HOME = Bun.randomUUIDv7();
const textOf = (number: number) => `value ${number}`;

/** One process of the app: its keyring hears of changes as it does in the platform. */
type Process = { sql: Sql; keyring: LiveKeyring; stop(): Promise<void> };

let dir: string;
let database: TestDatabase;
let admin: Sql;
let keys: KeyAdmin;
let running: Process[];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hp-rotate-"));
  writeFileSync(join(dir, "0001_items.sql"), VAULT);
  database = await testDatabase([{ app: "vault", dir }, { app: "chest" }]);
  admin = database.admin;
  keys = createKeyAdmin(admin, keyEncryption(database.secret));
}, 60_000);
afterAll(async () => {
  await database?.drop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  await admin`delete from platform.data_keys`;
  await admin`delete from vault.items`;
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((process) => process.stop()));
});

const startProcess = async (app = "vault", columns: readonly SealedColumn[] = [ITEMS]): Promise<Process> => {
  const config = { appSecret: database.secret, keyFile: null, previousSecret: null, previousKeyFile: null };
  const keyring = await startKeyring(admin, await openKeys(admin, config as Parameters<typeof openKeys>[1]));
  const events: EventLog = await startEventLog({
    sql: admin,
    channels: [{ name: KEYS_CHANNEL, look: keyring.look }],
  });
  const stopping = new AbortController();
  const sql = database.connect(app);
  const resealing = startResealing({ sql, keyring, columns, log: createLogger("test"), signal: stopping.signal });
  const process: Process = {
    sql,
    keyring,
    async stop() {
      stopping.abort();
      await resealing;
      await events.stop();
      await keyring.stop();
    },
  };
  running.push(process);
  return process;
};

const write = async ({ sql, keyring }: Process, shelf: string, number: number): Promise<void> => {
  const sealed = keyring.seal(itemAt(shelf, number, HOME), textOf(number));
  await sql`insert into vault.items (shelf, number, organisation_id, sealed) values (${shelf}, ${number}, ${HOME}, ${sealed})`;
};

const readAll = async ({ sql, keyring }: Process): Promise<number> => {
  const rows = await sql<{ shelf: string; number: number; sealed: Uint8Array }[]>`
    select shelf, number, sealed from vault.items where sealed is not null order by shelf, number`;
  for (const { shelf, number, sealed } of rows) {
    expect(keyring.open(itemAt(shelf, number, HOME), sealed).reveal()).toBe(textOf(number));
  }
  return rows.length;
};

const activeSince = (id: number, seconds: number) => passSeconds(admin, id, seconds);
const remainingOf = async (id: number) => (await keys.list()).find((key) => key.id === id)?.remaining;
const statesOf = async () => (await keys.list()).map(({ id, state }) => [id, state]);
const knows = (id: number) =>
  waitFor(() => running.every(({ keyring }) => keyring.keys().some((key) => key.id === id)));

test("a rotation while others write and read: nothing fails to open, all is sealed anew, the old key can go", async () => {
  const [writer, reader] = [await startProcess(), await startProcess()];
  let written = 0;
  let isOver = false;
  const writing = (async () => {
    for (; !isOver; written += 1) await write(writer, `shelf ${written % 3}`, written);
  })();
  let reads = 0;
  const reading = (async () => {
    for (; !isOver; reads += 1) await readAll(reader);
  })();
  const bothEnd = Promise.all([writing, reading]);
  bothEnd.catch(() => {
    isOver = true; // and the test sees it below
  });
  await waitFor(() => written > 250);
  expect(await keys.rotate(untold)).toEqual({ id: 2 });
  expect(await statesOf()).toEqual([
    [2, "next"],
    [1, "active"],
  ]);
  await knows(2);
  expect(writer.keyring.activeId).toBe(1);
  await expect(keys.remove(1, untold)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/in use/),
  });
  await expect(keys.remove(2, untold)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/about to be used/),
  });
  await activeSince(2, 0);
  await waitFor(() => writer.keyring.activeId === 2 && reader.keyring.activeId === 2);
  const before = written;
  await waitFor(() => written > before + 50);
  isOver = true;
  await bothEnd;
  expect(reads).toBeGreaterThan(3);
  // What is counted before all transactions with the old key are over is not final.
  await expect(keys.remove(1, untold)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/since key 1 was replaced: vault/),
  });
  await activeSince(2, 31);
  await waitFor(async () => (await remainingOf(1)) === 0);
  expect(await readAll(reader)).toBe(written);
  const headers = await admin`select distinct get_byte(sealed, 4) as key from vault.items`;
  expect([...headers]).toEqual([{ key: 2 }]);
  // The other process may have counted before this one sealed the last of them, and have said so after it.
  await waitFor(() => keys.remove(1, untold).then(() => true));
  expect(await statesOf()).toEqual([[2, "active"]]);
  await waitFor(() => reader.keyring.keys().length === 1);
  expect(await readAll(reader)).toBe(written);
}, 30_000);

test("rows that somebody is changing are left to them, and sealed anew once they are free", async () => {
  const process = await startProcess();
  for (const number of [1, 2, 3]) await write(process, "a", number);
  const isFree = Promise.withResolvers<void>();
  const isLocked = Promise.withResolvers<void>();
  const changing = admin.begin(async (tx) => {
    await tx`select from vault.items where number = 2 for update`;
    isLocked.resolve();
    await isFree.promise;
  });
  await isLocked.promise;
  await keys.rotate(untold);
  await activeSince(2, 31);
  await waitFor(async () => (await remainingOf(1)) === 1);
  await expect(keys.remove(1, untold)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/still seals 1 value/),
  });
  isFree.resolve();
  await changing;
  await waitFor(async () => (await remainingOf(1)) === 0);
  expect(await readAll(process)).toBe(3);
}, 15_000);

test("a value that does not open stays as it is, keeps its key, and does not hold up the others", async () => {
  const process = await startProcess();
  for (let number = 0; number < 250; number += 1) await write(process, "a", number);
  await admin`
    update vault.items set sealed = set_byte(sealed, octet_length(sealed) - 1, get_byte(sealed, octet_length(sealed) - 1) # 1)
    where number in (0, 120)`;
  await admin`insert into vault.items values ('b', 1, ${HOME}, '\\x00'), ('b', 2, ${HOME}, null)`;
  await keys.rotate(untold);
  await activeSince(2, 31);
  await waitFor(async () => (await remainingOf(2)) === 248);
  expect(await remainingOf(1)).toBe(2);
  await expect(keys.remove(1, untold)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/still seals 2 values/),
  });
}, 15_000);

test("a key stays until every app that ever counted has counted again", async () => {
  const [vault, chest] = [await startProcess(), await startProcess("chest", [KEPT_ANSWERS])];
  running = [vault];
  await write(vault, "a", 1);
  await waitFor(async () => (await admin`select from platform.data_key_usage`).length === 2);
  await chest.stop();
  await keys.rotate(untold);
  await activeSince(2, 31);
  await waitFor(async () => (await admin`select from platform.data_key_usage where key_id = 2`).length === 1);
  expect(await remainingOf(1)).toBeNull();
  await expect(keys.remove(1, untold)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/replaced: chest/),
  });
  running = [vault, await startProcess("chest", [KEPT_ANSWERS])];
  await waitFor(async () => (await remainingOf(1)) === 0);
  await keys.remove(1, untold);
}, 15_000);

test("a process of a version that knows fewer columns says nothing of the others", async () => {
  const [later, earlier] = [await startProcess("vault", [ITEMS]), await startProcess("vault", [KEPT_ANSWERS])];
  await write(later, "a", 1);
  await waitFor(async () => (await admin`select from platform.data_key_usage`).length === 2);
  await later.stop();
  running = [earlier];
  await keys.rotate(untold);
  await activeSince(2, 31);
  await waitFor(async () => (await admin`select from platform.data_key_usage where key_id = 2`).length === 1);
  await expect(keys.remove(1, untold)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/replaced: vault/),
  });
}, 15_000);

describe("keys", () => {
  test("are made one at a time, and a second one only once the first is in use", async () => {
    await startProcess();
    const made = await Promise.allSettled([keys.rotate(untold), keys.rotate(untold), keys.rotate(untold)]);
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(keys.rotate(untold)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/not in use yet/),
    });
    await activeSince(2, 0);
    expect(await keys.rotate(untold)).toEqual({ id: 3 });
  });

  test("are made and removed exactly if what is told of it can be written", async () => {
    await startProcess();
    const untellable = () => Promise.reject(new Error("no place left"));
    await expect(keys.rotate(untellable)).rejects.toThrow("no place left");
    expect((await keys.list()).map(({ id }) => id)).toEqual([1]);
    await keys.rotate(untold);
    await activeSince(2, 60);
    await waitFor(async () => (await remainingOf(1)) === 0);
    await expect(keys.remove(1, untellable)).rejects.toThrow("no place left");
    expect((await keys.list()).map(({ id }) => id)).toEqual([2, 1]);
    const told: number[] = [];
    await keys.remove(1, async (_tx, id) => void told.push(id));
    expect([told, (await keys.list()).map(({ id }) => id)]).toEqual([[1], [2]]);
  });

  test("that are not there cannot be removed", async () => {
    await expect(keys.remove(9, untold)).rejects.toMatchObject({ code: "not_found" });
  });

  test("an app says what it counted itself, and sees nothing of others", async () => {
    await startProcess();
    await waitFor(async () => (await remainingOf(1)) !== null);
    const chest = database.connect("chest");
    expect(await chest`select from platform.data_key_usage`).toHaveLength(0);
    const forged =
      chest`insert into platform.data_key_usage values ('vault', 1, 0, now(), 'vault.items.sealed')`.execute();
    await expect(forged).rejects.toThrow();
  });
});
