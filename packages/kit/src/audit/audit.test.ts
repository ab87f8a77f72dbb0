import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import type { Sql } from "../db/connect.ts";
import { Secret } from "../secret.ts";
import { type AuditEntry, audit } from "./audit.ts";
import { runInCall } from "./call.ts";
import { AuditRecord } from "./record.ts";
import { verifyChain } from "./verify.ts";

let db: TestDatabase;
let shop: Sql;

const organisation = () => Bun.randomUUIDv7();
const entry = (organisationId: string | null, more: Partial<AuditEntry> = {}): AuditEntry => ({
  app: "shop",
  action: "order:place",
  organisationId,
  subject: { kind: "order", id: "order-1" },
  ...more,
});
const listSubjects = async (organisationId: string): Promise<string[]> => {
  const rows = await db.admin<{ id: string }[]>`
    select subject_id as id from platform.audit_entries where organisation_id = ${organisationId} order by seq`;
  return rows.map(({ id }) => id);
};
const readRecord = async (organisationId: string): Promise<AuditRecord> => {
  const [row] = await db.admin<[{ content: string }]>`
    select content from platform.audit_entries where organisation_id = ${organisationId} order by seq desc limit 1`;
  return AuditRecord.parse(JSON.parse(row.content));
};
const subject = (id: string | number): Partial<AuditEntry> => ({ subject: { kind: "order", id: String(id) } });

beforeAll(async () => {
  db = await testDatabase([{ app: "shop" }, { app: "mail" }, { app: "auth" }]);
  shop = db.connect("shop", { max: 30 });
}, 60_000);
afterAll(() => db.drop());

describe("an audit entry", () => {
  test("exists exactly if its transaction commits", async () => {
    const home = organisation();
    const changedMind = shop.begin(async (tx) => {
      await audit(tx, entry(home, subject("rolled back")));
      throw new Error("changed my mind");
    });
    await changedMind.catch(() => undefined);
    await shop.begin(async (tx) => {
      await tx
        .savepoint(async (inner) => {
          await audit(inner, entry(home, subject("undone")));
          throw new Error("not this one");
        })
        .catch(() => undefined);
      await audit(tx, entry(home, subject("first")));
      await audit(tx, entry(home, subject("second")));
    });
    await audit(shop, entry(home, subject("alone")));
    expect(await listSubjects(home)).toEqual(["first", "second", "alone"]);
    expect(await verifyChain(db.admin, home)).toMatchObject({ ok: true, entries: 3 });
  });

  test("goes to the chain of its organisation; two that are written in turn do not mix", async () => {
    const [home, other] = [organisation(), organisation()];
    for (const id of ["1", "2", "3"]) {
      await shop.begin(async (tx) => {
        await audit(tx, entry(other, subject(`other ${id}`)));
        await audit(tx, entry(home, subject(`home ${id}`)));
        await audit(tx, entry(null, subject(`platform ${id}`)));
      });
    }
    expect(await listSubjects(home)).toEqual(["home 1", "home 2", "home 3"]);
    for (const chain of [home, other])
      expect(await verifyChain(db.admin, chain)).toMatchObject({ ok: true, entries: 3 });
    expect(await verifyChain(db.admin, null)).toMatchObject({ ok: true });
  });

  test("costs no more while a backup holds on to everything that was chained since it began", async () => {
    const home = organisation();
    await using held = await db.admin.reserve().then((backup) => ({
      begin: () =>
        backup`begin isolation level repeatable read`.then(() => backup`select count(*) from platform.audit_entries`),
      async [Symbol.asyncDispose]() {
        await backup`rollback`;
        backup.release();
      },
    }));
    await held.begin();
    const one = db.connect("shop", { max: 1 });
    const readsOf = async (entries: number): Promise<number> => {
      const count = async () => {
        await one`select pg_stat_force_next_flush()`;
        const [row] = await db.admin<[{ read: number }]>`
          select idx_tup_read as read from pg_stat_all_indexes where indexrelname = 'audit_entries_unchained_idx'`;
        return row.read;
      };
      const before = await count();
      for (let i = 0; i < entries; i++) await audit(one, entry(home, subject(i)));
      return (await count()) - before;
    };
    const [early, , late] = [await readsOf(10), await readsOf(200), await readsOf(10)];
    expect(late).toBeLessThanOrEqual(early * 2);
  });

  test("of 50 writers at once has a place of its own, without gaps, whatever the order of chains", async () => {
    const [home, other] = [organisation(), organisation()];
    const writer = (number: number) =>
      shop.begin(async (tx) => {
        const both = number % 2 === 0 ? [home, other] : [other, home];
        for (const chain of both) await audit(tx, entry(chain, subject(number)));
      });
    await Promise.all(Array.from({ length: 50 }, (_, number) => writer(number)));
    for (const chain of [home, other]) {
      expect(new Set(await listSubjects(chain)).size).toBe(50);
      expect(await verifyChain(db.admin, chain)).toMatchObject({ ok: true, entries: 50, head: { seq: 50 } });
    }
  });

  test("does not hold others up before its transaction commits", async () => {
    const home = organisation();
    await shop.begin(async (slow) => {
      await audit(slow, entry(home, subject("slow")));
      await audit(shop, entry(home, subject("quick")));
    });
    expect(await listSubjects(home)).toEqual(["quick", "slow"]);
  });
});

describe("what an entry says", () => {
  test("is the app itself outside of requests", async () => {
    const home = organisation();
    await audit(shop, entry(home, { reason: "too old", projectId: home }));
    expect(await readRecord(home)).toMatchObject({
      app: "shop",
      actor: { kind: "app", id: "shop", credential: null },
      address: null,
      requestId: null,
      reason: "too old",
      projectId: home,
      before: null,
    });
  });

  test("has no secrets, and fits", async () => {
    const home = organisation();
    const before = { password: new Secret("old"), note: "a".repeat(3_000) };
    await audit(shop, entry(home, { before, after: { password: new Secret("new"), note: "b\0" } }));
    const { before: was, after: is } = await readRecord(home);
    expect(was?.password).toBe("[secret]");
    expect(was?.note).toEndWith("[cut: 3000 characters]");
    expect(is).toEqual({ note: "b\ufffd", password: "[secret]" });
    const large = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, "ä".repeat(1_900)]));
    await audit(shop, entry(home, { after: large, subject: { kind: "order", id: "x".repeat(9_000) } }));
    expect(await readRecord(home)).toMatchObject({
      before: null,
      after: { "[cut]": expect.stringContaining("bytes") },
    });
    expect(await verifyChain(db.admin, home)).toMatchObject({ ok: true, entries: 2 });
  });

  test("names the person and the token of a call", async () => {
    const home = organisation();
    const [personId, tokenId] = [organisation(), organisation()];
    const token = {
      ...{ kind: "token" as const, tokenId, scopes: ["*"], personId, email: "ada@example.com", name: "Ada" },
      ...{ organisationId: home, organisationSlug: "home", role: "owner" as const, grants: [], instanceRole: null },
    };
    const call = { principal: token, address: "192.0.2.1", requestId: "r-1", userAgent: "curl" };
    await runInCall(call, () => audit(shop, entry(home)));
    expect(await readRecord(home)).toMatchObject({
      actor: { kind: "person", id: personId, name: "Ada", credential: { kind: "token", id: tokenId } },
      address: "192.0.2.1",
      requestId: "r-1",
      userAgent: "curl",
    });
  });
});

describe("an app", () => {
  const attempts: [string, (mail: Sql) => Promise<unknown>][] = [
    ["write as another app", (mail) => audit(mail, entry(null))],
    ["change an entry", (mail) => mail`update platform.audit_entries set content = content`],
    ["remove an entry", (mail) => mail`delete from platform.audit_entries`],
    [
      "choose a place",
      (mail) => mail`insert into platform.audit_entries (id, content, seq) values (gen_random_uuid(), '{}', 1)`,
    ],
    ["move the end of a chain", (mail) => mail`update platform.audit_chains set last_seq = 0`],
    [
      "sign a chain",
      (mail) =>
        mail`insert into platform.audit_checkpoints (chain, seq, hash, mac) values (gen_random_uuid(), 1, sha256(''), sha256(''))`,
    ],
    ["remove a checkpoint", (mail) => mail`delete from platform.audit_checkpoints`],
    ["call what chains", (mail) => mail`select platform.chain_audit_entries()`],
  ];
  test.each(attempts)("may not %s", async (_name, attempt) => {
    const error = await attempt(db.connect("mail", { max: 1 })).then(
      () => null,
      (err: unknown) => err,
    );
    expect(error).toMatchObject({ code: "42501" }); // insufficient_privilege
  });

  test("sees no entries, but the auth app does", async () => {
    await audit(shop, entry(null));
    const count = async (sql: Sql) => (await sql`select from platform.audit_entries limit 1`).length;
    expect([await count(shop), await count(db.connect("auth", { max: 1 }))]).toEqual([0, 1]);
  });

  test("may not leave out its name, misstate the organisation, or write what is no action", async () => {
    const forged = (change: object, organisationId: string | null = null) => {
      const id = organisation();
      const content = { id, app: "shop", action: "order:place", organisationId: null, subject: { kind: "a", id: "b" } };
      const actor = { kind: "person", id: "somebody" };
      const text = JSON.stringify({ ...content, actor, occurredAt: new Date().toISOString(), ...change });
      return shop`insert into platform.audit_entries (id, organisation_id, content) values (${id}, ${organisationId}, ${text})`.then(
        () => null,
        (err: { code: string }) => err.code,
      );
    };
    expect(await forged({})).toBeNull();
    expect(await forged({ app: undefined })).toBe("42501");
    expect(await forged({}, organisation())).toBe("23514");
    expect(await forged({ id: organisation() })).toBe("23514");
    expect(await forged({ action: "Removed it" })).toBe("23514");
    expect(await forged({ occurredAt: "yesterday" })).toBe("23514");
    expect(await forged({ note: "x".repeat(70_000) })).toBe("23514");
  });
});
