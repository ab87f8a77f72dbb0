import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import type { Sql } from "../db/connect.ts";
import { Secret } from "../secret.ts";
import { audit } from "./audit.ts";
import { CHAIN_START, hashOf } from "./chain.ts";
import { checkpointKey, makeCheckpoints, resignCheckpoints, verifyHistory } from "./checkpoints.ts";
import { listLinks } from "./store.ts";
import { toLine, verifyChain, verifyLines } from "./verify.ts";

const KEY = checkpointKey(new Secret("a secret of at least thirty-two characters"));
const OTHER_KEY = checkpointKey(new Secret("another one of at least thirty-two characters"));

let db: TestDatabase;
let admin: Sql;
let shop: Sql;
let auth: Sql;

/** A new organisation with entries 1 to `count`. */
const chainWith = async (count: number): Promise<string> => {
  const home = Bun.randomUUIDv7();
  await addEntries(home, 1, count);
  return home;
};
const addEntries = (home: string, from: number, count: number) =>
  shop.begin(async (tx) => {
    for (let number = from; number < from + count; number++) {
      const subject = { kind: "order", id: String(number) };
      await audit(tx, { app: "shop", action: "order:place", organisationId: home, subject, after: { number } });
    }
  });

/** What somebody does who has every right on the database: no trigger and no check is in the way. */
const tamper = (home: string, seq: number, change: "alter" | "remove" | "rehash") =>
  admin.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    if (change === "remove") {
      await tx`delete from platform.audit_entries where organisation_id = ${home} and seq = ${seq}`;
    } else {
      await tx`
        update platform.audit_entries set content = replace(content, 'order:place', 'order:praise')
        where organisation_id = ${home} and seq = ${seq}`;
    }
    if (change === "rehash") await rehash(tx as unknown as Sql, home, seq);
  });

/** Computes a chain anew, from `seq` to its end, as somebody would who wants to hide what they changed. */
const rehash = async (sql: Sql, home: string, seq: number) => {
  let prevHash = CHAIN_START.hash;
  for (const link of await listLinks(sql, home, 0, 1_000)) {
    const hash = link.seq < seq ? link.hash : hashOf({ ...link, prevHash });
    await sql`
      update platform.audit_entries set prev_hash = decode(${prevHash}, 'hex'), hash = decode(${hash}, 'hex')
      where organisation_id = ${home} and seq = ${link.seq}`;
    prevHash = hash;
  }
  await sql`update platform.audit_chains set last_hash = decode(${prevHash}, 'hex') where chain = ${home}`;
};

/** Where `makeCheckpoints` found a chain broken; of the chains that other tests left behind it tells, too. */
const brokenAt = async (home: string): Promise<number | undefined> =>
  (await makeCheckpoints(auth, KEY)).broken.find(({ organisationId }) => organisationId === home)?.brokenAt;

const listSigned = async (home: string): Promise<number[]> => {
  const rows = await admin<
    { seq: number }[]
  >`select seq from platform.audit_checkpoints where chain = ${home} order by seq`;
  return rows.map(({ seq }) => seq);
};

const exportOf = async (home: string): Promise<string[]> => (await listLinks(admin, home, 0, 1_000)).map(toLine);

beforeAll(async () => {
  db = await testDatabase([{ app: "shop" }, { app: "auth" }]);
  admin = db.admin;
  shop = db.connect("shop");
  auth = db.connect("auth");
}, 60_000);
afterAll(() => db.drop());

describe("a chain", () => {
  test("is whole, over several batches, and from any place on", async () => {
    const home = await chainWith(2_001);
    const report = await verifyChain(auth, home);
    expect(report).toMatchObject({ ok: true, entries: 2_001, head: { seq: 2_001 } });
    const [last] = await listLinks(admin, home, 1_999, 2_000);
    expect(await verifyChain(auth, home, { from: last! })).toMatchObject({
      ok: true,
      entries: 1,
      head: { seq: 2_001 },
    });
    expect(await verifyChain(auth, home, { from: { ...last!, hash: CHAIN_START.hash } })).toMatchObject({
      brokenAt: 2_001,
    });
  });

  test("that nobody wrote to is whole and empty", async () => {
    expect(await verifyChain(auth, Bun.randomUUIDv7())).toEqual({ ok: true, entries: 0, head: CHAIN_START });
  });

  test("with an altered entry is broken there", async () => {
    const home = await chainWith(4);
    await tamper(home, 2, "alter");
    expect(await verifyChain(auth, home)).toEqual({ ok: false, brokenAt: 2, why: "Entry 2 was altered." });
  });

  test("with an altered entry that was hashed anew is broken after it", async () => {
    const home = await chainWith(3);
    await tamper(home, 1, "alter");
    const [link] = await listLinks(admin, home, 0, 1);
    await admin`update platform.audit_entries set hash = decode(${hashOf(link!)}, 'hex') where organisation_id = ${home} and seq = 1`;
    expect(await verifyChain(auth, home)).toMatchObject({ ok: false, brokenAt: 2 });
  });

  test("with a removed entry is broken there", async () => {
    const home = await chainWith(4);
    await tamper(home, 3, "remove");
    expect(await verifyChain(auth, home)).toEqual({ ok: false, brokenAt: 3, why: "Entry 3 is missing." });
  });

  test("without its last entries is broken", async () => {
    const home = await chainWith(4);
    await tamper(home, 4, "remove");
    expect(await verifyChain(auth, home)).toEqual({ ok: false, brokenAt: 4, why: "Entry 4 is missing." });
  });

  test("whose end was moved back is broken, also when the end is gone", async () => {
    const home = await chainWith(3);
    const [second] = await listLinks(admin, home, 1, 2);
    await admin`update platform.audit_chains set last_seq = 2, last_hash = decode(${second!.hash}, 'hex') where chain = ${home}`;
    expect(await verifyChain(auth, home)).toMatchObject({ ok: false, brokenAt: 3 });
    await admin`delete from platform.audit_chains where chain = ${home}`;
    expect(await verifyChain(auth, home)).toMatchObject({ ok: false, brokenAt: 1 });
  });

  test("whose end states another hash is broken there", async () => {
    const home = await chainWith(2);
    await admin`update platform.audit_chains set last_hash = sha256('') where chain = ${home}`;
    expect(await verifyChain(auth, home)).toMatchObject({ ok: false, brokenAt: 2 });
  });

  test("with two entries that changed places is broken at the first", async () => {
    const home = await chainWith(4);
    await admin.begin(async (tx) => {
      await tx`update platform.audit_entries set seq = 100 where organisation_id = ${home} and seq = 2`;
      await tx`update platform.audit_entries set seq = 2 where organisation_id = ${home} and seq = 3`;
      await tx`update platform.audit_entries set seq = 3 where organisation_id = ${home} and seq = 100`;
    });
    expect(await verifyChain(auth, home)).toMatchObject({ ok: false, brokenAt: 2 });
  });

  test("with an entry that is filed under another actor than its own is broken there", async () => {
    const home = await chainWith(3);
    const refiled = await admin
      .begin(async (tx) => {
        await tx`alter table platform.audit_entries alter column actor_id drop expression`;
        await tx`update platform.audit_entries set actor_id = 'nobody' where organisation_id = ${home} and seq = 2`;
        expect(await verifyChain(tx, home)).toMatchObject({
          ok: false,
          brokenAt: 2,
          why: expect.stringContaining("actorId"),
        });
        throw new Error("back as it was"); // the table is for all tests
      })
      .catch((err: unknown) => err);
    expect(refiled).toMatchObject({ message: "back as it was" });
  });

  test("with an entry that was never chained is broken", async () => {
    const home = await chainWith(1);
    await admin.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await addUnchained(tx as unknown as Sql, home);
    });
    expect(await verifyChain(auth, home)).toMatchObject({ ok: false, brokenAt: 2 });
  });
});

const addUnchained = (sql: Sql, home: string) =>
  audit(sql, { app: "shop", action: "order:place", organisationId: home, subject: { kind: "order", id: "x" } });

describe("checkpoints", () => {
  test("are made for chains that went on, once, and only signed ones count", async () => {
    const home = await chainWith(2);
    await makeCheckpoints(auth, KEY);
    await makeCheckpoints(auth, KEY);
    await addEntries(home, 3, 2);
    expect((await makeCheckpoints(auth, KEY)).made).toBe(1);
    expect(await listSigned(home)).toEqual([2, 4]);
    expect(await verifyHistory(auth, KEY, home)).toMatchObject({ ok: true, entries: 4 });
    expect(await verifyHistory(auth, OTHER_KEY, home)).toMatchObject({ ok: false, brokenAt: 2 });
  });

  test("show that a chain was computed anew, which the chain itself does not", async () => {
    const home = await chainWith(3);
    await makeCheckpoints(auth, KEY);
    await tamper(home, 2, "rehash");
    expect(await verifyChain(auth, home)).toMatchObject({ ok: true });
    expect(await verifyHistory(auth, KEY, home)).toMatchObject({ ok: false, brokenAt: 3 });
    await addEntries(home, 4, 1);
    expect(await brokenAt(home)).toBe(4); // what comes after is not signed any more
    expect(await listSigned(home)).toEqual([3]);
  });

  test("show that a chain ends before one", async () => {
    const home = await chainWith(3);
    await makeCheckpoints(auth, KEY);
    const [second] = await listLinks(admin, home, 1, 2);
    await tamper(home, 3, "remove");
    await admin`update platform.audit_chains set last_seq = 2, last_hash = decode(${second!.hash}, 'hex') where chain = ${home}`;
    expect(await verifyChain(auth, home)).toMatchObject({ ok: true });
    expect(await verifyHistory(auth, KEY, home)).toMatchObject({ ok: false, brokenAt: 3 });
    expect(await brokenAt(home)).toBe(3);
  });

  test("cannot be moved to another chain or place, or be changed", async () => {
    const home = await chainWith(3);
    await makeCheckpoints(auth, KEY);
    await tamper(home, 2, "rehash");
    const [third] = await listLinks(admin, home, 2, 3);
    await admin`update platform.audit_checkpoints set hash = decode(${third!.hash}, 'hex') where chain = ${home}`;
    expect(await verifyHistory(auth, KEY, home)).toMatchObject({
      ok: false,
      why: expect.stringContaining("not signed"),
    });
    await admin`delete from platform.audit_checkpoints where chain = ${home}`;
  });

  test("are signed anew when the secret is another one; false ones stay false", async () => {
    const [home, other] = [await chainWith(1), await chainWith(1)];
    await makeCheckpoints(auth, KEY);
    await admin`update platform.audit_checkpoints set mac = sha256('') where chain = ${other}`;
    await resignCheckpoints(admin, KEY, OTHER_KEY);
    expect(await verifyHistory(auth, OTHER_KEY, home)).toMatchObject({ ok: true });
    expect(await verifyHistory(auth, OTHER_KEY, other)).toMatchObject({ ok: false, brokenAt: 1 });
    await resignCheckpoints(admin, OTHER_KEY, KEY);
    expect(await verifyHistory(auth, KEY, home)).toMatchObject({ ok: true });
  });
});

describe("an export", () => {
  test("is verified without the database, whole or from any line on", async () => {
    const lines = await exportOf(await chainWith(5));
    expect(await verifyLines(lines)).toMatchObject({ ok: true, entries: 5, head: { seq: 5 } });
    expect(await verifyLines(lines.slice(3))).toMatchObject({ ok: true, entries: 2, head: { seq: 5 } });
    expect(await verifyLines([])).toMatchObject({ ok: true, entries: 0 });
  });

  const rows: { name: string; change: (lines: string[]) => string[]; brokenAt: number }[] = [
    {
      name: "an altered line",
      change: (lines) => lines.with(1, lines[1]!.replace("order:place", "order:praise")),
      brokenAt: 2,
    },
    { name: "a line left out", change: (lines) => lines.toSpliced(2, 1), brokenAt: 3 },
    { name: "a line twice", change: (lines) => lines.toSpliced(2, 0, lines[1]!), brokenAt: 2 },
    { name: "lines that changed places", change: (lines) => lines.with(1, lines[2]!).with(2, lines[1]!), brokenAt: 2 },
    {
      name: "a first entry that follows something",
      change: (lines) => lines.with(0, lines[0]!.replace(/"0{64}"/, `"${"1".repeat(64)}"`)),
      brokenAt: 1,
    },
    { name: "a line that is none", change: (lines) => lines.with(3, "{}"), brokenAt: 4 },
    { name: "a line that is no JSON", change: (lines) => lines.with(3, "entry"), brokenAt: 4 },
  ];
  for (const { name, change, brokenAt } of rows) {
    test(`${name} is found`, async () => {
      expect(await verifyLines(change(await exportOf(await chainWith(4))))).toMatchObject({ ok: false, brokenAt });
    });
  }
});
