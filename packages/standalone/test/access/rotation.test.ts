import { afterAll, beforeAll, expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { passSeconds } from "@homeport/kit/test/keyring.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { stepAt, totpCode } from "../../../apps/auth/src/totp.ts";
import { ADA, bodyOf, type House, mailThrough, startHouse } from "./house.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";
import { startLoad } from "./rotation-load.ts";

const KEYS = "/api/v1/settings/keys";
const MAIL_PASSWORD = "the password of the mail server";

/** Requests that have to go well in each state of the keys. */
const ENOUGH = 100;
const PATIENCE = { timeoutMs: 60_000 };

type Key = { id: number; state: string; remaining: number | null };

let house: House;
let mailbox: Mailbox;

beforeAll(async () => {
  house = await startHouse();
  mailbox = await startMailbox();
  await mailThrough(house, mailbox.port);
  const values = { "auth.smtp-user": "homeport", "auth.smtp-password": MAIL_PASSWORD };
  await house.ask("PUT", "/api/v1/settings/values", { headers: house.ada.headers, json: { values } });
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await mailbox?.stop();
});

const keys = async (): Promise<Key[]> =>
  bodyOf<{ items: Key[] }>(await house.ask("GET", KEYS, { headers: house.ada.headers })).items;
const keyOf = async (id: number) => (await keys()).find((key) => key.id === id);
const removeKey = (id: number) => house.ask("DELETE", `${KEYS}/${id}`, { headers: house.ada.headers });

test("a key is replaced while everybody works, and nobody notices", async () => {
  const { admin } = house.database;
  const { email, headers } = await house.member("viewer");
  const enrolment = await house.ask("POST", "/api/v1/auth/account/authenticator", { headers, json: {} });
  const secret = new Secret(bodyOf<{ secret: string }>(enrolment).secret);
  const code = totpCode(secret, stepAt(new Date()) - 1);
  const confirm = { headers, json: { code } };
  expect((await house.ask("POST", "/api/v1/auth/account/authenticator/confirm", confirm)).status).toBe(200);

  const load = await startLoad(house);
  const goesOn = async () => {
    const until = load.done() + ENOUGH;
    await waitFor(() => load.done() >= until || load.failures.length > 0, PATIENCE);
  };
  await goesOn();
  const old = (await keys())[0]?.id ?? 0;
  const tooEarly = await removeKey(old);
  expect([tooEarly.status, tooEarly.body]).toEqual([409, expect.stringContaining("is in use. Make a new one first.")]);

  const rotated = await house.ask("POST", KEYS, { headers: house.ada.headers, json: {} });
  expect(rotated.status).toBe(201);
  const { id } = bodyOf<{ id: number }>(rotated);
  expect((await keyOf(id))?.state).toBe("next");
  const twice = await house.ask("POST", KEYS, { headers: house.ada.headers, json: {} });
  expect([twice.status, twice.body]).toEqual([409, expect.stringContaining("is not in use yet")]);
  expect((await removeKey(id)).status).toBe(409);
  await goesOn();

  await passSeconds(admin, id, 1); // its half minute is over
  await waitFor(async () => (await keyOf(id))?.state === "active" && house.platform.keys.activeId === id, PATIENCE);
  await goesOn();
  const inDoubt = await removeKey(old); // what was under way with it may not be written yet
  expect([inDoubt.status, inDoubt.body]).toEqual([409, expect.stringContaining("did not count their values")]);

  await passSeconds(admin, id, 31);
  await waitFor(async () => (await keyOf(old))?.remaining === 0, PATIENCE);
  expect((await removeKey(old)).status).toBe(200);
  await waitFor(() => house.platform.keys.keys().length === 1, PATIENCE);
  await goesOn();
  await load.end();
  expect(load.failures).toEqual([]);
  expect(load.done()).toBeGreaterThan(4 * ENOUGH);

  expect((await keys()).map((key) => key.id)).toEqual([id]);
  const json = { email, password: ADA.password, code: totpCode(secret, stepAt(new Date())) };
  expect((await house.ask("POST", "/api/v1/auth/sessions", { json })).status).toBe(201);
  const mail = { headers: house.ada.headers, json: { to: "ada@example.com" } };
  expect((await house.ask("POST", "/api/v1/auth/mail/test", mail)).body).toBe('{"sent":true,"error":null}');
  expect(mailbox.passwords.at(-1)).toBe(MAIL_PASSWORD);
}, 240_000);

test("what the old key sealed is in no column that has sealed values", async () => {
  const { admin } = house.database;
  const [row] = await admin<[{ count: number }]>`
    select count(*)::int as count from information_schema.columns
    where column_name like '%sealed%' and data_type = 'bytea'`;
  expect(row.count).toBeGreaterThan(5);
  const columns = await admin<{ table: string; column: string }[]>`
    select table_schema || '.' || table_name as table, column_name as column from information_schema.columns
    where column_name like '%sealed%' and data_type = 'bytea'`;
  const known = (await keys()).map(({ id }) => id);
  for (const { table, column } of columns) {
    const sealed = await admin<{ key: number }[]>`
      select distinct ('x' || encode(substring(${admin(column)} from 2 for 4), 'hex'))::bit(32)::int as key
      from ${admin(table)}
      where ${admin(column)} is not null`;
    expect({ table, unknown: sealed.filter(({ key }) => !known.includes(key)) }).toEqual({ table, unknown: [] });
  }
});
