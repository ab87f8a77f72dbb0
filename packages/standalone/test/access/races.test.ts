import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { MAX_API_TOKENS } from "../../../apps/auth/src/api-token.ts";
import { stepAt, totpCode } from "../../../apps/auth/src/totp.ts";
import { AT_ONCE, atOnce, brokenOf, tally } from "./at-once.ts";
import { ADA, bodyOf, type House, mailThrough, startHouse } from "./house.ts";
import { linkTo, secretIn } from "./links.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";

const LONG = 60_000;

let house: House;
let mailbox: Mailbox;

beforeAll(async () => {
  house = await startHouse(AT_ONCE);
  mailbox = await startMailbox();
  await mailThrough(house, mailbox.port);
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await mailbox?.stop();
});

const api = (path: string): string => `/api/v1/auth${path}`;
const short = (): string => Bun.randomUUIDv7().slice(-10);

describe("of a hundred at once", () => {
  test("one claims the platform, and is its only admin", async () => {
    expect(tally(house.claims)).toEqual({ 201: 1, 403: AT_ONCE - 1 });
    const { admin } = house.database;
    expect(await admin`select from auth.people where instance_role = 'owner'`).toHaveLength(1);
    expect(await admin`select from auth.organisations`).toHaveLength(1);
  });

  test(
    "one accepts an invite, and there is one member more",
    async () => {
      const email = `${short()}@example.com`;
      const made = await house.ask("POST", api("/invites"), { headers: house.ada.headers, json: { email } });
      const token = secretIn("invite").exec(bodyOf<{ link: string }>(made).link)?.[1];
      const json = { token, name: "Bob", password: ADA.password };
      const answers = await atOnce(() => house.ask("POST", api("/invites/accept"), { json }));
      const { 201: accepted, ...refused } = tally(answers);
      expect(accepted).toBe(1);
      expect(Object.keys(refused).every((status) => Number(status) < 500)).toBe(true);
      const members = await house.database.admin`
      select from auth.people p join auth.memberships m on m.person_id = p.id where p.email = ${email}`;
      expect(members).toHaveLength(1);
    },
    LONG,
  );

  const slugs: { noun: string; path: string; body: (slug: string) => object }[] = [
    { noun: "organisation", path: api("/organisations"), body: (slug) => ({ slug }) },
    { noun: "team", path: api("/teams"), body: (slug) => ({ slug }) },
    { noun: "service account", path: api("/service-accounts"), body: (slug) => ({ slug }) },
    { noun: "project", path: "/api/v1/deployments/projects", body: (slug) => ({ slug }) },
    { noun: "invite", path: api("/invites"), body: (slug) => ({ email: `${slug}@example.com` }) },
  ];
  for (const { noun, path, body } of slugs) {
    test(
      `one makes the ${noun} of a name, and the others are told that there is one`,
      async () => {
        const json = body(`r${short()}`);
        const answers = await atOnce(() => house.ask("POST", path, { headers: house.ada.headers, json }));
        expect(tally(answers)).toEqual({ 201: 1, 409: AT_ONCE - 1 });
      },
      LONG,
    );
  }

  test(
    "one makes what an Idempotency-Key is for, and nobody makes it twice",
    async () => {
      const headers = { ...house.ada.headers, "idempotency-key": short() };
      const json = { slug: `r${short()}` };
      const answers = await atOnce(() => house.ask("POST", api("/teams"), { headers, json }));
      const made = answers.filter(({ status }) => status === 201);
      expect(new Set(made.map(({ body }) => body)).size).toBe(1);
      expect(Object.keys(tally(answers)).every((status) => ["201", "409"].includes(status))).toBe(true);
      expect(await house.database.admin`select from auth.teams where slug = ${json.slug}`).toHaveLength(1);
    },
    LONG,
  );

  test(
    "one signs in with a link from a mail",
    async () => {
      const { email } = await house.member("viewer");
      await house.ask("POST", api("/sign-in/link"), { json: { email } });
      const token = await mailbox.find(email, secretIn("signIn"));
      const answers = await atOnce(() => house.ask("POST", linkTo("signIn", token), { form: {} }));
      expect(tally(answers)).toEqual({ 303: 1, 410: AT_ONCE - 1 });
    },
    LONG,
  );

  const enrolled = async () => {
    const member = await house.member("viewer");
    const path = "/account/authenticator";
    const enrolment = await house.ask("POST", api(path), { headers: member.headers, json: {} });
    const secret = new Secret(bodyOf<{ secret: string }>(enrolment).secret);
    const json = { code: totpCode(secret, stepAt(new Date())) };
    const confirmed = await house.ask("POST", api(`${path}/confirm`), { headers: member.headers, json });
    return { ...member, secret, codes: bodyOf<{ recoveryCodes: string[] }>(confirmed).recoveryCodes };
  };

  /** Wrong codes count, so most are refused before they are looked at; that is the point as well. */
  const signedIn = async (email: string, code: string): Promise<number> => {
    const json = { email, password: ADA.password, code };
    const answers = await atOnce((index) =>
      house.ask("POST", api("/sessions"), { headers: { "x-forwarded-for": `192.0.2.${index}` }, json }),
    );
    expect(brokenOf(answers)).toEqual([]);
    return answers.filter(({ status }) => status === 201).length;
  };

  test(
    "one signs in with a recovery code, and one with a code of the authenticator",
    async () => {
      const one = await enrolled();
      expect(await signedIn(one.email, one.codes[0] ?? "")).toBe(1);
      const other = await enrolled();
      expect(await signedIn(other.email, totpCode(other.secret, stepAt(new Date()) + 1))).toBe(1);
    },
    LONG,
  );

  test(
    "one gets the token of a device",
    async () => {
      const headers = { "x-forwarded-for": "192.0.2.201" };
      const started = await house.ask("POST", api("/device/code"), { headers, json: { clientName: "laptop" } });
      const { deviceCode, userCode } = bodyOf<{ deviceCode: string; userCode: string }>(started);
      const form = { code: userCode, decision: "approve" };
      const decided = await atOnce(() => house.ask("POST", "/device/decide", { headers: house.ada.headers, form }));
      expect(decided.filter(({ status }) => status === 200)).toHaveLength(1);
      const polled = await atOnce(() => house.ask("POST", api("/device/token"), { json: { deviceCode } }));
      expect(polled.filter(({ body }) => body.includes("hp_"))).toHaveLength(1);
      expect(brokenOf(polled)).toEqual([]);
    },
    LONG,
  );

  test(
    "the last one sets a secret of the settings, and none fails",
    async () => {
      const put = (values: Record<string, unknown>) =>
        house.ask("PUT", "/api/v1/settings/values", { headers: house.ada.headers, json: { values } });
      const answers = await atOnce((index) =>
        put({ "auth.denied-webhook-secret": `secret ${index}`, "auth.session-idle-days": 1 + (index % 90) }),
      );
      expect(tally(answers)).toEqual({ 200: AT_ONCE });
      expect((await put({ "auth.session-idle-days": 7 })).status).toBe(200);
    },
    LONG,
  );

  test(
    "as many make an API token as are missing to the limit",
    async () => {
      const { id, headers } = await house.member("viewer");
      for (let made = 0; made < MAX_API_TOKENS - 3; made += 1) {
        await house.people.token({ personId: id }, house.organisation.id, ["*"]);
      }
      const answers = await atOnce((index) =>
        house.ask("POST", api("/tokens"), { headers, json: { name: `t${index}` } }),
      );
      expect(tally(answers)).toEqual({ 201: 3, 409: AT_ONCE - 3 });
    },
    LONG,
  );
});
