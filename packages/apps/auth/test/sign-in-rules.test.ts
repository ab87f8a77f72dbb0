import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { recordDenied, refuseDenied } from "../src/service/denied-sign-ins.ts";
import { createSignInRules } from "../src/service/sign-in-rules.ts";
import { MAX_KEPT_DENIALS } from "../src/sign-in-limit.ts";
import { MAX_DENIED, MAX_RULES } from "../src/sign-in-rule.ts";
import { storeSettings } from "./settings.ts";
import { linkIn, type SmtpSink, startSmtpSink } from "./smtp-sink.ts";
import { ADA, cookieOf, PASSWORD, startWorld, type World } from "./world.ts";

const BOB = "bob@example.com";
const OPERATOR = "op@example.com";
const NEW = "new@example.org";

let sink: SmtpSink;
let world: World;
let owner: { cookie: string };
beforeAll(async () => {
  sink = await startSmtpSink();
  world = await startWorld({ settingEnv: sink.env });
  await world.addPerson(BOB, "owner");
  await world.addPerson(OPERATOR, "viewer");
  await world.database.admin`update auth.people set email_verified_at = now()`;
  await world.database.admin`update auth.people set instance_role = 'operator' where email = ${OPERATOR}`;
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await sink?.stop();
});
beforeEach(async () => {
  sink.mails.length = 0;
  for (const table of ["sign_in_rules", "denied_sign_ins", "sign_in_failures"] as const) {
    await world.database.admin`delete from ${world.database.admin(`auth.${table}`)}`;
  }
  await world.database.admin`delete from auth.people where email = ${NEW}`;
  owner = await world.signIn();
});

const rule = (given: Record<string, unknown>) => ({
  effect: "allow",
  kind: "domain",
  pattern: "example.com",
  ...given,
});

const add = async (given: Record<string, unknown>, by = owner) => world.post("/sign-in/rules", rule(given), by);

const put = (id: string, given: Record<string, unknown>, by = owner) =>
  world.json("PUT", `/api/v1/auth/sign-in/rules/${id}`, by, rule(given));

const passwordStatus = async (email: string) => (await world.post("/sessions", { email, password: PASSWORD })).status;

/** Follows the link in the mail to this address. */
const signInByLink = async (email: string): Promise<Response> => {
  expect((await world.post("/sign-in/link", { email })).status).toBe(202);
  const mail = await waitFor(() => sink.mails.find(({ to }) => to === email));
  return world.submit(linkIn(mail.text), {});
};

const denied = async () => (await world.get("/sign-in/denied", owner)).body.items;

describe("the rules", () => {
  test("are made, changed, listed in pages and removed", async () => {
    const made = await add({ pattern: "Example.COM", note: "us" });
    expect([made.status, made.body]).toMatchObject([
      201,
      { effect: "allow", kind: "domain", pattern: "example.com", organisation: null, role: null, note: "us" },
    ]);
    await add({ effect: "deny", kind: "email", pattern: BOB });
    const first = (await world.get("/sign-in/rules?limit=1", owner)).body;
    const second = (await world.get(`/sign-in/rules?limit=1&cursor=${first.nextCursor}`, owner)).body;
    expect([first.items[0].id, second.items[0].pattern, second.nextCursor]).toEqual([made.body.id, BOB, null]);
    const changed = await put(made.body.id, { kind: "glob", pattern: "*.example.com" });
    expect(changed.body).toMatchObject({ id: made.body.id, kind: "glob", pattern: "*.example.com", note: "" });
    expect((await world.remove(`/sign-in/rules/${made.body.id}`, owner)).body).toEqual({ removed: 1 });
    expect((await world.remove(`/sign-in/rules/${made.body.id}`, owner)).status).toBe(404);
    expect((await put(made.body.id, {})).status).toBe(404);
  });

  test("are there once each", async () => {
    const [one, other] = [await add({}), await add({ pattern: "example.org" })];
    expect((await add({ pattern: "EXAMPLE.com" })).status).toBe(409);
    expect((await put(other.body.id, { pattern: "example.com" })).status).toBe(409);
    expect((await put(one.body.id, { note: "the same" })).status).toBe(200);
  });

  const refused: { name: string; given: Record<string, unknown>; field: string }[] = [
    { name: "no domain", given: { pattern: "ada@example.com" }, field: "pattern" },
    { name: "no expression", given: { kind: "regex", pattern: "(" }, field: "pattern" },
    { name: "an endless pattern", given: { kind: "regex", pattern: "a".repeat(301) }, field: "pattern" },
    { name: "a role nowhere", given: { role: "viewer" }, field: "organisation" },
    { name: "an organisation without a role", given: { organisation: "home" }, field: "role" },
    {
      name: "an organisation that is not there",
      given: { organisation: "away", role: "viewer" },
      field: "organisation",
    },
    { name: "an owner's role", given: { organisation: "home", role: "owner" }, field: "role" },
    {
      name: "a denial that admits",
      given: { effect: "deny", organisation: "home", role: "viewer" },
      field: "organisation",
    },
  ];
  for (const { name, given, field } of refused) {
    test(`refuse ${name}, at its field`, async () => {
      const { status, body } = await add(given);
      expect([status, body.errors[0].path]).toEqual([400, field]);
    });
  }

  test("are for those who run the platform, and admit to an organisation only by its owners", async () => {
    const operator = await world.signIn(OPERATOR);
    expect((await add({}, operator)).status).toBe(201);
    expect((await add({ pattern: "example.org", organisation: "home", role: "admin" }, operator)).status).toBe(403);
    const bob = await world.signIn(BOB);
    expect((await add({}, bob)).status).toBe(404);
    expect((await world.get("/sign-in/rules", bob)).status).toBe(404);
    expect((await world.get("/sign-in/denied", bob)).status).toBe(404);
    expect((await world.post("/sign-in/rules/test", { email: ADA }, bob)).status).toBe(404);
    expect((await world.get("/sign-in/rules")).status).toBe(401);
  });

  test("are at most so many", async () => {
    await world.database.admin`
      insert into auth.sign_in_rules (id, effect, kind, pattern)
      select gen_random_uuid(), 'deny', 'email', 'p' || n || '@example.net' from generate_series(1, ${MAX_RULES}) n`;
    expect((await add({})).status).toBe(409);
  });

  test("can be tried before somebody stands at the door", async () => {
    const allow = (await add({ organisation: "home", role: "viewer" })).body;
    const deny = (await add({ effect: "deny", kind: "email", pattern: BOB })).body;
    const on = async (email: string) => (await world.post("/sign-in/rules/test", { email }, owner)).body;
    expect(await on("Ada@example.com")).toEqual({ allowed: true, rule: allow, registers: allow });
    expect(await on(BOB)).toEqual({ allowed: false, rule: deny, registers: null });
    expect(await on(NEW)).toEqual({ allowed: false, rule: null, registers: null });
  });
});

describe("at the door", () => {
  test("a denied address does not get in, is told nothing, and is kept in the list", async () => {
    await add({ effect: "deny", kind: "email", pattern: BOB });
    const wrong = await world.post("/sessions", { email: BOB, password: "wrong password" });
    expect(await denied()).toEqual([]); // who proved nothing is not kept: anybody could write the list
    const answer = await world.post("/sessions", { email: BOB, password: PASSWORD }, { "user-agent": "a browser" });
    expect([answer.status, { ...answer.body, requestId: "" }]).toEqual([401, { ...wrong.body, requestId: "" }]);
    expect(await denied()).toMatchObject([{ email: BOB, method: "password", reason: "rule", userAgent: "a browser" }]);
    const byLink = await signInByLink(BOB);
    expect([byLink.status, byLink.headers.get("set-cookie")]).toEqual([403, null]);
    expect((await denied()).map(({ method }: { method: string }) => method)).toEqual(["link", "password"]);
  });

  test("members are held to rules that let in only others, but for owners of the platform", async () => {
    await add({ pattern: "example.org" });
    expect(await passwordStatus(BOB)).toBe(401);
    expect(await passwordStatus(OPERATOR)).toBe(401);
    expect(await passwordStatus(ADA)).toBe(201);
  });

  test("a rule makes the account of an unknown address that was proved, and its membership", async () => {
    await add({ pattern: "example.org", organisation: "home", role: "developer" });
    await add({ effect: "allow", kind: "domain", pattern: "example.com" });
    const signedIn = await signInByLink(NEW);
    const me = (await world.get("/me", { cookie: cookieOf(signedIn.headers) })).body;
    expect(me).toMatchObject({
      person: { email: NEW, name: "new" },
      organisation: { slug: "home" },
      role: "developer",
    });
    sink.mails.length = 0;
    const again = await signInByLink(NEW);
    expect((await world.get("/me", { cookie: cookieOf(again.headers) })).body.person.id).toBe(me.person.id);
  });

  test("a rule that was changed in between makes none", async () => {
    const { id } = (await add({ pattern: "example.org", organisation: "home", role: "developer" })).body;
    await world.post("/sign-in/link", { email: NEW });
    const mail = await waitFor(() => sink.mails.find(({ to }) => to === NEW));
    await put(id, { pattern: "example.org" });
    const answer = await world.submit(linkIn(mail.text), {});
    expect(answer.status).toBe(403);
    expect(await denied()).toMatchObject([{ email: NEW, reason: "not_invited" }]);
  });

  test("who is suspended, and who is in no organisation, is kept in the list with the reason", async () => {
    await world.addPerson("gone@example.com", "viewer");
    await world.database.admin`update auth.people set suspended_at = now() where email = 'gone@example.com'`;
    await world.addPerson("alone@example.com", "viewer");
    await world.database.admin`
      delete from auth.memberships using auth.people p where p.id = person_id and p.email = 'alone@example.com'`;
    expect([await passwordStatus("gone@example.com"), await passwordStatus("alone@example.com")]).toEqual([401, 401]);
    expect((await denied()).map(({ reason }: { reason: string }) => reason)).toEqual(["no_organisation", "suspended"]);
  });

  test("invitations are held to the rules, too", async () => {
    const sql = world.database.connect("auth");
    const client = { userAgent: "", address: "10.0.0.1" };
    await refuseDenied(sql, NEW, client, "invite");
    await add({});
    expect(refuseDenied(sql, NEW, client, "invite")).rejects.toMatchObject({ code: "forbidden" });
    expect(await denied()).toMatchObject([{ email: NEW, method: "invite", reason: "rule" }]);
    await refuseDenied(sql, ADA, client, "invite");
  });

  test("who tries again and again does not fill the list", async () => {
    await add({ effect: "deny", kind: "email", pattern: BOB });
    const tries = Array.from({ length: MAX_KEPT_DENIALS + 5 }, () =>
      recordDenied(
        world.database.connect("auth"),
        { email: BOB, method: "invite", reason: "rule" },
        { userAgent: "", address: "" },
      ),
    );
    await Promise.all(tries);
    expect(await denied()).toHaveLength(MAX_KEPT_DENIALS);
    expect(await passwordStatus(BOB)).toBe(401);
  });

  test("the list is paged, and the oldest go", async () => {
    await world.database.admin`
      insert into auth.denied_sign_ins (id, email, method, address, user_agent, reason, denied_at)
      select ('0199f000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'p' || n || '@example.net', 'link', '', '',
        'rule', now() - case when n = ${MAX_DENIED + 5} then interval '31 days' else interval '0' end
      from generate_series(1, ${MAX_DENIED + 5}) n`;
    const first = (await world.get("/sign-in/denied?limit=2", owner)).body;
    const second = (await world.get(`/sign-in/denied?limit=2&cursor=${first.nextCursor}`, owner)).body;
    expect(second.items[0].email).toBe(`p${MAX_DENIED + 3}@example.net`);
    await createSignInRules(world.database.connect("auth")).tidy();
    const [left] = await world.database.admin<{ count: number; first: string }[]>`
      select count(*)::int as count, min(id::text) as first from auth.denied_sign_ins`;
    expect(left?.count).toBe(MAX_DENIED - 1);
    expect(left?.first).toEndWith("000000000006");
  });
});

describe("the webhook", () => {
  test("is told of each refused sign-in, signed, and again while it fails", async () => {
    const calls: { headers: Headers; body: string }[] = [];
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        calls.push({ headers: request.headers, body: await request.text() });
        return new Response(null, { status: calls.length === 1 ? 500 : 204 });
      },
    });
    const sealed = world.platform.keys.seal(
      { table: "platform.settings", row: "auth.denied-webhook-secret", field: "value_sealed", organisationId: null },
      "hush",
    );
    await world.database.admin`
      insert into platform.settings (app, key, value_sealed, updated_by, updated_at, version)
      values ('auth', 'denied-webhook-secret', ${sealed}, 'Ada', now(), 1)`;
    await storeSettings(world, { "denied-webhook-url": `http://127.0.0.1:${server.port}/hook` });
    await add({ effect: "deny", kind: "email", pattern: BOB });
    const from = { "x-forwarded-for": "10.1.2.3", "user-agent": "a browser" };
    expect((await world.post("/sessions", { email: BOB, password: PASSWORD }, from)).status).toBe(401);
    await waitFor(() => calls.length === 2, { timeoutMs: 25_000 });
    const [first, second] = calls;
    expect(JSON.parse(second?.body ?? "")).toEqual({
      email: BOB,
      provider: "password",
      ip: "10.1.2.3",
      user_agent: "a browser",
    });
    const header = (name: string) => second?.headers.get(name) ?? "";
    expect(header("webhook-id")).toBe(first?.headers.get("webhook-id") ?? "none");
    const signed = `${header("webhook-id")}.${header("webhook-timestamp")}.${second?.body}`;
    expect(header("webhook-signature")).toBe(`v1,${createHmac("sha256", "hush").update(signed).digest("base64")}`);
    await server.stop(true);
    await storeSettings(world, { "denied-webhook-url": "" });
  }, 40_000);
});
