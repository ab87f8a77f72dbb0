import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { GATE_REQUEST_MS, type GateRequest, gateRequestKey } from "@homeport/kit/gate.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { signClaims } from "@homeport/kit/signed-claims.ts";
import { GATE_TICKET_MS } from "../src/gate-ticket.ts";
import { createApiTokens } from "../src/service/api-tokens.ts";
import { createGates } from "../src/service/gates.ts";
import { createSessions } from "../src/service/sessions.ts";
import { IDLE_MS, lifetimeOf } from "../src/session.ts";
import { ADA, NO_ACTIONS, PASSWORD, startWorld, type World } from "./world.ts";

const BOB = "bob@example.com";
const HOST = "shop-demo.example";
const STATE = "the hash of a cookie";

let world: World;
let home: string;
let other: string;
beforeAll(async () => {
  world = await startWorld();
  await world.addPerson(BOB, "viewer");
  other = Bun.randomUUIDv7();
  await world.database.admin`insert into auth.organisations (id, slug, name) values (${other}, 'other', 'Other')`;
  home = (await world.get("/me", await world.signIn())).body.organisation.id;
}, 60_000);
afterAll(() => world?.stop());

const gateOf = (given: Partial<GateRequest> = {}): GateRequest => ({
  host: HOST,
  scope: "*.example",
  organisationId: null,
  origin: `https://${HOST}`,
  state: STATE,
  ...given,
});

const sign = (gate: GateRequest, until = new Date(Date.now() + GATE_REQUEST_MS)): string =>
  signClaims(gateRequestKey(world.platform.config.appSecret), gate, until);

const address = (request: string, more: Record<string, string> = {}): string =>
  `/sign-in/gate?${new URLSearchParams({ host: HOST, return: "/", request, ...more })}`;

const go = (browser: Record<string, string>, gate: Partial<GateRequest> = {}, more: Record<string, string> = {}) =>
  world.request(address(sign(gateOf(gate)), more), { headers: browser });

const backTo = (response: Response): URL => new URL(response.headers.get("location") ?? "nowhere:");

const ticketFor = async (browser: Record<string, string>, gate: Partial<GateRequest> = {}): Promise<string> =>
  backTo(await go(browser, gate)).searchParams.get("ticket") ?? "";

const redeem = async (ticket: string, more: Partial<GateRequest> = {}) => {
  const { host, scope, state } = gateOf(more);
  return world.post("/gate/redeem", { ticket, host, scope, state }, await world.asApp("gateway"));
};

const check = async (credential: Record<string, string>, organisationId: string | null = null) =>
  (await world.post("/gate/check", { credential, organisationId }, await world.asApp("gateway"))).body;

const gates = () => {
  const sql = world.database.connect("auth");
  return createGates(
    sql,
    createSessions(sql, () => lifetimeOf(7, 30)),
    createApiTokens(sql, NO_ACTIONS),
    world.platform.config.appSecret,
  );
};

const sessionOf = async (browser: Record<string, string>): Promise<string> =>
  (await world.get("/sessions", browser)).body.items.find((session: { current: boolean }) => session.current).id;

describe("the way through a gate", () => {
  test("leads who is signed in back to the host with a ticket, to the path that was wanted", async () => {
    const response = await go(await world.signIn(), {}, { return: "/a/b?c=d&e=%20" });
    expect(response.status).toBe(303);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const back = backTo(response);
    expect(back.origin + back.pathname).toBe(`https://${HOST}/.homeport/gate`);
    expect(back.searchParams.get("return")).toBe("/a/b?c=d&e=%20");
    expect(back.searchParams.get("ticket")).not.toBeNull();
  });

  test("leads a stranger to sign in first, and on from there without a redirect of the form", async () => {
    const wanted = address(sign(gateOf()), { return: `/${"deep/".repeat(150)}?q=%C3%A4` });
    const stranger = await world.request(wanted);
    expect(stranger.status).toBe(303);
    const signIn = new URL(stranger.headers.get("location") ?? "", "http://platform");
    expect([signIn.pathname, signIn.searchParams.get("next")]).toEqual(["/sign-in", wanted]);
    const form = await (await world.request(`/sign-in${signIn.search}`)).text();
    expect(form).toContain('data-hp-reload=""');
    const signedIn = await world.submit("/sign-in", { email: ADA, password: PASSWORD, next: wanted });
    expect([signedIn.status, signedIn.headers.get("refresh")]).toEqual([200, `0; url=${wanted}`]);
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    const through = await world.request(wanted, { headers: { cookie } });
    expect(backTo(through).host).toBe(HOST);
  });

  test("writes nothing: a ticket is stored when it is used", async () => {
    const before = await world.database.admin`select id from auth.used_gate_tickets`;
    await ticketFor(await world.signIn());
    expect(await world.database.admin`select id from auth.used_gate_tickets`).toHaveLength(before.length);
  });

  const returns: { name: string; path: string }[] = [
    { name: "another host", path: "//evil.example" },
    { name: "another host by backslashes", path: "\\\\evil.example" },
    { name: "another host by a slash and a backslash", path: "/\\evil.example" },
    { name: "a scheme", path: "https:" },
    { name: "another site", path: "https://evil.example/" },
    { name: "a second header", path: "/a\r\nset-cookie: x=1" },
    { name: "the gate itself", path: "/.homeport/gate?ticket=x" },
  ];
  for (const { name, path } of returns) {
    test(`leads to the host's first page instead of ${name}`, async () => {
      const response = await go(await world.signIn(), {}, { return: path });
      expect(backTo(response).searchParams.get("return")).toBe("/");
      expect(backTo(response).host).toBe(HOST);
      expect(response.headers.get("set-cookie")).toBeNull();
    });
  }

  const broken: { name: string; address: () => string }[] = [
    { name: "no request", address: () => address("") },
    {
      name: "a request of another key",
      address: () => address(signClaims(Buffer.alloc(32), gateOf(), new Date(2e12))),
    },
    { name: "a request that is too old", address: () => address(sign(gateOf(), new Date(Date.now() - 1))) },
    { name: "a request for another host", address: () => address(sign(gateOf({ host: "evil.example" }))) },
    {
      name: "a request without the organisation that was signed",
      address: () => {
        const [, mac] = sign(gateOf({ organisationId: other })).split(".");
        return address(`${sign(gateOf()).split(".")[0]}.${mac}`);
      },
    },
  ];
  for (const { name, address } of broken) {
    test(`ends at a page that says so for ${name}`, async () => {
      const response = await world.request(address(), { headers: await world.signIn() });
      expect([response.status, response.headers.get("location")]).toEqual([400, null]);
      expect(await response.text()).toContain("This link does not work any more");
    });
  }

  test("is closed for members of another organisation, with a page that says who may enter and how to be somebody else", async () => {
    const response = await go(await world.signIn(), { organisationId: other });
    expect([response.status, response.headers.get("location")]).toEqual([403, null]);
    const html = await response.text();
    expect(html).toContain(`${HOST} is for members of another organisation.`);
    expect(html).toContain(ADA);
    expect(html).toContain("/sign-in?next=%2Fsign-in%2Fgate");
    expect(html).not.toContain("ticket=");
    expect((await go(await world.signIn(), { organisationId: home })).status).toBe(303);
  });

  test("is for browsers: an API token gets no ticket", async () => {
    const token = await world.token(await world.signIn());
    expect((await go(token.headers)).status).toBe(400);
  });
});

describe("a ticket", () => {
  test("gives the session it was made for", async () => {
    const browser = await world.signIn();
    const answer = await redeem(await ticketFor(browser));
    expect(answer.body).toEqual({ sessionId: await sessionOf(browser) });
  });

  test("works once, also when it is shown many times at once", async () => {
    const ticket = await ticketFor(await world.signIn());
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(ticket)));
    expect(answers.filter(({ body }) => body.sessionId !== null)).toHaveLength(1);
    expect((await redeem(ticket)).body).toEqual({ sessionId: null });
  });

  const others: { name: string; gate: Partial<GateRequest> }[] = [
    { name: "another host", gate: { host: "other-demo.example" } },
    { name: "another policy", gate: { scope: HOST } },
    { name: "another browser", gate: { state: "the hash of another cookie" } },
  ];
  for (const { name, gate } of others) {
    test(`is nothing at ${name}, and not used up there`, async () => {
      const ticket = await ticketFor(await world.signIn());
      expect((await redeem(ticket, gate)).body).toEqual({ sessionId: null });
      expect((await redeem(ticket)).body.sessionId).not.toBeNull();
    });
  }

  test("works for half a minute", async () => {
    const { admit, redeem } = gates();
    const sessionId = await sessionOf(await world.signIn());
    const now = new Date();
    const later = new Date(now.getTime() + GATE_TICKET_MS);
    const ticket = (await admit(sessionId, gateOf(), now)) ?? "";
    expect(await redeem({ ...gateOf(), ticket }, later)).toBeNull();
    expect(await redeem({ ...gateOf(), ticket }, new Date(later.getTime() - 1))).toBe(sessionId);
  });

  test("that was altered, or is a gateway's request, is nothing", async () => {
    const ticket = await ticketFor(await world.signIn());
    for (const wrong of [`${ticket}x`, ticket.slice(1), ticket.replace(".", ".A"), sign(gateOf())]) {
      expect((await redeem(wrong)).body).toEqual({ sessionId: null });
    }
  });

  test("that was used is remembered for longer than it works, and then forgotten", async () => {
    await redeem(await ticketFor(await world.signIn()));
    const count = async () => (await world.database.admin`select id from auth.used_gate_tickets`).length;
    await gates().tidy(new Date(Date.now() + GATE_TICKET_MS));
    expect(await count()).toBeGreaterThan(0);
    await gates().tidy(new Date(Date.now() + 24 * 3_600_000));
    expect(await count()).toBe(0);
  });
});

describe("who stands at a gate", () => {
  test("is told by the session, as long as it lasts", async () => {
    const browser = await world.signIn();
    const sessionId = await sessionOf(browser);
    const visitor = { personId: expect.any(String), email: ADA, name: "Ada" };
    expect(await check({ kind: "session", sessionId })).toEqual({ kind: "welcome", visitor });
    await world.submit("/sign-out", {}, browser);
    expect(await check({ kind: "session", sessionId })).toEqual({ kind: "stranger" });
  });

  test("is nobody when the session was not used for a week, and looking does not count as use", async () => {
    const sessionId = await sessionOf(await world.signIn());
    const at = (ms: number) => gates().check({ kind: "session", sessionId }, null, new Date(Date.now() + ms));
    expect((await at(IDLE_MS - 60_000)).kind).toBe("welcome");
    expect((await at(IDLE_MS + 60_000)).kind).toBe("stranger");
  });

  test("may pass as a member of the organisation that is named, by whatever organisation they signed in", async () => {
    const sessionId = await sessionOf(await world.signIn(BOB));
    const membership = () => check({ kind: "session", sessionId }, other);
    expect(await check({ kind: "session", sessionId }, home)).toMatchObject({ kind: "welcome" });
    expect(await membership()).toEqual({ kind: "refused" });
    await world.database.admin`
      insert into auth.memberships (person_id, organisation_id, role)
      select id, ${other}, 'viewer' from auth.people where email = ${BOB}`;
    expect(await membership()).toMatchObject({ kind: "welcome", visitor: { email: BOB } });
    await world.database.admin`delete from auth.memberships where organisation_id = ${other}`;
    expect(await membership()).toEqual({ kind: "refused" });
  });

  test("is told by an API token of that organisation that covers passing gates", async () => {
    const browser = await world.signIn();
    const whole = (await world.token(browser)).value;
    const gate = (await world.token(browser, { scopes: ["gate:enter"] })).value;
    const narrow = (await world.token(browser, { scopes: ["project:read"] })).value;
    for (const value of [whole, gate]) {
      expect(await check({ kind: "token", value })).toMatchObject({ kind: "welcome", visitor: { email: ADA } });
      expect(await check({ kind: "token", value }, home)).toMatchObject({ kind: "welcome" });
      expect(await check({ kind: "token", value }, other)).toEqual({ kind: "refused" });
    }
    expect(await check({ kind: "token", value: narrow })).toEqual({ kind: "refused" });
    expect(await check({ kind: "token", value: "hp_nonsense" })).toEqual({ kind: "stranger" });
  });

  test("is asked by parts of the platform only", async () => {
    const question = { credential: { kind: "session", sessionId: Bun.randomUUIDv7() }, organisationId: null };
    expect((await world.post("/gate/check", question)).status).toBe(401);
    expect((await world.post("/gate/check", question, await world.signIn())).status).toBe(404);
    const ticket = await ticketFor(await world.signIn());
    const shown = { ticket, host: HOST, scope: "*.example", state: STATE };
    expect((await world.post("/gate/redeem", shown, await world.signIn())).status).toBe(404);
    expect((await redeem(ticket)).body.sessionId).not.toBeNull();
  });
});

test("another platform's secret opens nothing here", async () => {
  const sql = world.database.connect("auth");
  const foreign = createGates(
    sql,
    createSessions(sql, () => lifetimeOf(7, 30)),
    createApiTokens(sql, NO_ACTIONS),
    new Secret("x".repeat(40)),
  );
  const sessionId = await sessionOf(await world.signIn());
  const ticket = (await foreign.admit(sessionId, gateOf())) ?? "";
  expect(ticket).not.toBe("");
  expect((await redeem(ticket)).body).toEqual({ sessionId: null });
  expect(foreign.read(sign(gateOf()))).toBeNull();
});
