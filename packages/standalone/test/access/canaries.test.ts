import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { type MatrixPlatform, startMatrixPlatform } from "../matrix/platform.ts";
import { ALLOWED_IN_ANSWERS, findingsOf } from "./allowed.ts";
import { type Canaries, createCanaries, createFinder } from "./canary.ts";
import { crawl, selfDescriptions } from "./crawl.ts";
import { askOf, bodyOf, type RequestHeaders, setupTokenOf } from "./house.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";
import { makeMistakes } from "./mistakes.ts";
import { databasePieces, type Piece, valkeyPieces, watchValkey } from "./places.ts";
import { plantAda, plantBob } from "./plant-accounts.ts";
import { plantProject, plantSettings } from "./plant-secrets.ts";
import type { Field } from "./planting.ts";

/** What was done to put the secrets in. */
const PLANTED_BY = [
  "setup:claim",
  "password:change",
  "session:create",
  "token:create",
  "service-account:create",
  "device:approve",
  "setting:write",
  "invite:create",
  "invite:accept",
  "person:prove-address",
  "account:change-email",
  "authenticator:enrol",
  "authenticator:confirm",
  "policy:write",
  "project:create",
  "service:create",
  "variable:write",
  "secret:write",
  "secret:reveal",
];

let platform: MatrixPlatform;
let mailbox: Mailbox;
let canaries: Canaries;
let heard: Piece[];
let ada: RequestHeaders;
let monitor: Awaited<ReturnType<typeof watchValkey>>;
let find: ReturnType<typeof createFinder>;
let crawled: Awaited<ReturnType<typeof crawl>>;
let accepted: string[];

beforeAll(async () => {
  platform = await startMatrixPlatform();
  mailbox = await startMailbox();
  canaries = createCanaries();
  heard = [];
  monitor = await watchValkey(platform.platform.valkey);
  const { config, identityKey } = platform.platform;
  canaries.note("APP_SECRET", config.appSecret.reveal());
  canaries.note("key of identities", identityKey.toString("base64"));
  const field: Field = { ask: askOf(platform), canaries, mailbox, heard };
  const planted = await plantAda(field, setupTokenOf(config.dataDir));
  const { named } = planted;
  ada = planted.ada;
  await plantSettings(field, ada);
  const bob = await plantBob(field, ada);
  const things = await plantProject(field, ada);
  accepted = await makeMistakes(field, ada);
  const rows = { ask: field.ask, rows: platform.rows };
  crawled = await crawl(rows, ada, { ...named, ...things });
  heard.push(...(await crawl(rows, bob, { ...named, ...things })).pieces);
  heard.push(...crawled.pieces);
  heard.push(...(await selfDescriptions(platform.send, [...new Set(platform.rows.map(({ app }) => app))])));
  find = createFinder(canaries.all);
}, 180_000);
afterAll(async () => {
  monitor?.end();
  await platform?.stop();
  await mailbox?.stop();
});

const findings = (pieces: Iterable<Piece> | AsyncIterable<Piece>): Promise<string[]> =>
  findingsOf(find, pieces, ALLOWED_IN_ANSWERS);

describe("secrets that people and the platform made are not in clear", () => {
  test("there are enough of them, and what was sent by mistake was refused", () => {
    expect(canaries.all.length).toBeGreaterThan(80);
    expect(accepted).toEqual([]);
  });

  test("in the database", async () => {
    expect(await findings(databasePieces(platform.database.admin))).toEqual([]);
  }, 60_000);

  test("in Valkey, nor in anything that it is told", async () => {
    expect(monitor.pieces().length).toBeGreaterThan(0);
    expect(await findings(monitor.pieces())).toEqual([]);
    expect(await findings(valkeyPieces(platform.platform.valkey))).toEqual([]);
  }, 60_000);

  test("in answers, pages, the audit log, events, metrics and descriptions of the API", async () => {
    expect(crawled.broken).toEqual([]);
    expect(crawled.shown).toBeGreaterThan(60);
    expect(await findings(heard)).toEqual([]);
  }, 60_000);

  test("and the audit log tells of each of these changes, and is unbroken", async () => {
    const rows = await platform.database.admin<{ action: string }[]>`
      select distinct action from platform.audit_entries`;
    const told = rows.map(({ action }) => action);
    expect(PLANTED_BY.filter((action) => !told.includes(action))).toEqual([]);
    for (const log of ["audit", "admin/audit"]) {
      const { body } = await askOf(platform)("GET", `/api/v1/auth/${log}/verify`, { headers: ada });
      expect(bodyOf<{ ok: boolean }>({ body })).toMatchObject({ ok: true });
    }
  });

  test("while mails have what they are for, and the mail server its password", () => {
    const password = canaries.all.find(({ name }) => name === "password of the mail server")?.value ?? "";
    expect(mailbox.passwords).toContain(password);
  });
});

/** Each must be found where it was put: a search that finds nothing anywhere would be content as well. */
describe("the search finds a secret that was put on purpose", () => {
  const secret = (): Buffer => Buffer.from(canaries.all[5]?.value ?? "");

  const encodings: { name: string; of: (value: Buffer) => Buffer }[] = [
    { name: "as it is", of: (value) => Buffer.concat([Buffer.from("a"), value, Buffer.from("z")]) },
    ...[0, 1, 2].map((offset) => ({
      name: `in base64, ${offset} bytes on`,
      of: (value: Buffer) => Buffer.from(Buffer.concat([Buffer.alloc(offset, "x"), value, value]).toString("base64")),
    })),
    { name: "in base64url", of: (value) => Buffer.from(value.toString("base64url")) },
    { name: "in hexadecimal", of: (value) => Buffer.from(`\\x00${value.toString("hex")}`) },
    { name: "percent-encoded", of: (value) => Buffer.from(value.toString("hex").replaceAll(/../g, "%$&")) },
    { name: "compressed by gzip", of: (value) => gzipSync(value) },
    { name: "compressed by zstd", of: (value) => Buffer.from(Bun.zstdCompressSync(value)) },
  ];
  for (const { name, of } of encodings) {
    test(name, () => {
      expect(find(of(secret()))).not.toEqual([]);
    });
  }

  test("in rows, documents and bytes of the database", async () => {
    const { admin } = platform.database;
    const [value] = [secret()];
    await admin`create table matrix_control (plain text, document jsonb, bytes bytea)`;
    for (const row of [
      { plain: `a ${value.toString()}`, document: null, bytes: null },
      { plain: null, document: { deep: [value.toString()] }, bytes: null },
      { plain: null, document: null, bytes: value },
      { plain: null, document: null, bytes: gzipSync(value) },
    ]) {
      await admin`insert into matrix_control ${admin({ ...row, document: JSON.stringify(row.document) })}`;
      const found = (await findings(databasePieces(admin))).filter((each) => each.includes("matrix_control"));
      expect(found).not.toEqual([]);
      await admin`delete from matrix_control`;
    }
    await admin`drop table matrix_control`;
  }, 120_000);

  test("in every kind of value of Valkey, and in what it is told", async () => {
    const { valkey } = platform.platform;
    const text = secret().toString();
    const puts: [kind: string, put: () => Promise<unknown>][] = [
      ["key", () => valkey.set(`control:${text}`, "1")],
      ["string", () => valkey.set("control", text)],
      ["hash", () => valkey.hset("control", "field", text)],
      ["list", () => valkey.rpush("control", text)],
      ["set", () => valkey.sadd("control", text)],
      ["sorted set", () => valkey.zadd("control", 1, text)],
      ["stream", () => valkey.xadd("control", "*", "field", text)],
    ];
    for (const [kind, put] of puts) {
      await put();
      expect({ kind, found: (await findings(valkeyPieces(valkey))).length > 0 }).toEqual({ kind, found: true });
      await valkey.del("control", `control:${text}`);
    }
    const before = monitor.pieces().length;
    await valkey.publish("control", text);
    await valkey.ping();
    expect(await findings(monitor.pieces().slice(before - 20))).not.toEqual([]);
  }, 60_000);
});
