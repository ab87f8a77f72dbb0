import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { MAX_DEVICE_CODES } from "../../../apps/auth/src/device-code.ts";
import {
  MAX_LINKS,
  MAX_PER_ACCOUNT_AND_ADDRESS,
  MAX_PER_ADDRESS,
  MAX_WRONG_CODES,
} from "../../../apps/auth/src/sign-in-limit.ts";
import { createPeople } from "../matrix/people.ts";
import { type AuthInstance, type AuthInstances, createAuthInstances } from "./auth-instances.ts";
import { ADA, bodyOf, cookieOf, setupTokenOf } from "./house.ts";

const api = (path: string): string => `/api/v1/auth${path}`;
const LONG = 60_000;

let all: AuthInstances;
let one: AuthInstance;
let other: AuthInstance;
let organisation: { id: string; slug: string };
beforeAll(async () => {
  all = await createAuthInstances();
  one = await all.start();
  const claimed = await one.ask("POST", api("/setup"), { json: { ...ADA, token: setupTokenOf(all.dataDir) } });
  organisation = bodyOf<{ organisation: typeof organisation }>(claimed).organisation;
  other = await all.start();
}, 120_000);
afterAll(() => all?.stop());

/** Somebody with Ada's password. */
const somebody = async (): Promise<string> => {
  const id = await createPeople(all.database.admin).addMember(organisation, "viewer");
  const [row] = await all.database.admin<{ email: string }[]>`
    update auth.people set password_hash = (select password_hash from auth.people where email = ${ADA.email})
    where id = ${id}
    returning email`;
  return row?.email ?? "";
};

let addresses = 0;
/** An address that nobody has used here yet. */
const newAddress = (): string => {
  addresses += 1;
  return `198.51.100.${addresses}`;
};

const signIn = async (at: AuthInstance, email: string, password: string, address: string): Promise<number> =>
  (await at.ask("POST", api("/sessions"), { headers: { "x-forwarded-for": address }, json: { email, password } }))
    .status;

describe("failed sign-ins count", () => {
  test(
    "over two instances together",
    async () => {
      const [email, address] = [await somebody(), newAddress()];
      for (let tries = 0; tries < MAX_PER_ACCOUNT_AND_ADDRESS; tries += 1) {
        expect(await signIn(tries % 2 === 0 ? one : other, email, "wrong password", address)).toBe(401);
      }
      expect(await signIn(one, email, ADA.password, address)).toBe(429);
      expect(await signIn(other, email, ADA.password, address)).toBe(429);
      expect(await signIn(other, email, ADA.password, newAddress())).toBe(201); // nobody else is locked out
    },
    LONG,
  );

  test(
    "after a restart as before it",
    async () => {
      const [email, address] = [await somebody(), newAddress()];
      const first = await all.start();
      for (let tries = 0; tries < MAX_PER_ACCOUNT_AND_ADDRESS; tries += 1) {
        expect(await signIn(first, email, "wrong password", address)).toBe(401);
      }
      await first.stop();
      const second = await all.start();
      const refused = await second.ask("POST", api("/sessions"), {
        headers: { "x-forwarded-for": address },
        json: { email, password: ADA.password },
      });
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      await second.stop();
    },
    LONG,
  );

  test(
    "of all accounts that one address tries, at both instances at once",
    async () => {
      const address = newAddress();
      const statuses = await Promise.all(
        Array.from({ length: MAX_PER_ADDRESS + 20 }, (_, index) =>
          signIn(index % 2 === 0 ? one : other, `nobody-${index}@example.com`, "wrong password", address),
        ),
      );
      expect(statuses.filter((status) => status === 401)).toHaveLength(MAX_PER_ADDRESS);
      expect(statuses.filter((status) => status === 429)).toHaveLength(20);
      expect(await signIn(other, ADA.email, ADA.password, address)).toBe(429);
    },
    LONG,
  );
});

describe("so do", () => {
  test(
    "wrong codes of a second factor",
    async () => {
      const email = await somebody();
      const entered = await one.ask("POST", api("/sessions"), { json: { email, password: ADA.password } });
      const headers = { cookie: cookieOf(entered) };
      await one.ask("POST", api("/account/authenticator"), { headers, json: {} });
      await all.database.admin`
      update auth.authenticators set confirmed_at = now()
      where person_id = (select id from auth.people where email = ${email})`;
      const statuses: number[] = [];
      for (let tries = 0; tries <= MAX_WRONG_CODES; tries += 1) {
        const at = tries % 2 === 0 ? one : other;
        const answer = await at.ask("POST", api("/sessions"), {
          headers: { "x-forwarded-for": newAddress() },
          json: { email, password: ADA.password, code: "AAAA-AAAA-AAAA-AAAA" },
        });
        statuses.push(answer.status);
      }
      expect(statuses.slice(0, MAX_WRONG_CODES).every((status) => status >= 400 && status < 429)).toBe(true);
      expect(statuses.at(-1)).toBe(429);
    },
    LONG,
  );

  test(
    "mails that an address asks for",
    async () => {
      const values = [
        ["smtp-host", "127.0.0.1"],
        ["mail-from", "homeport@example.com"],
      ];
      for (const [key, value] of values) {
        await all.database.admin`
        insert into platform.settings (app, key, value, version, updated_at, updated_by)
        values ('auth', ${key ?? ""}, ${JSON.stringify(value)}::text::jsonb, 1, now(), 'test')`;
      }
      const address = newAddress();
      const instance = await all.start(); // it reads the settings at its start
      const second = await all.start();
      const statuses: number[] = [];
      for (let asked = 0; asked <= MAX_LINKS; asked += 1) {
        const at = asked % 2 === 0 ? instance : second;
        const sent = { headers: { "x-forwarded-for": address }, json: { email: `nobody-${asked}@example.com` } };
        statuses.push((await at.ask("POST", api("/sign-in/link"), sent)).status);
      }
      expect(statuses).toEqual([...Array.from({ length: MAX_LINKS }, () => 202), 429]);
      await instance.stop();
      await second.stop();
    },
    LONG,
  );

  test(
    "codes for devices that an address asks for",
    async () => {
      const headers = { "x-forwarded-for": newAddress() };
      const statuses = await Promise.all(
        Array.from({ length: MAX_DEVICE_CODES + 5 }, async (_, index) => {
          const at = index % 2 === 0 ? one : other;
          return (await at.ask("POST", api("/device/code"), { headers, json: { clientName: "laptop" } })).status;
        }),
      );
      expect(statuses.filter((status) => status === 201)).toHaveLength(MAX_DEVICE_CODES);
      expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    },
    LONG,
  );
});
