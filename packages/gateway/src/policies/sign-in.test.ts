import { beforeEach, describe, expect, test } from "bun:test";
import { GateRequest, gateRequestKey } from "@homeport/kit/gate.ts";
import { PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import { readClaims } from "@homeport/kit/signed-claims.ts";
import {
  ADA,
  APP_SECRET,
  answerOf,
  cookiesOf,
  gateStandIn,
  HOST,
  passOf,
  policyRequest,
  SCOPE,
} from "../../test/gate-stand-in.ts";
import { CLOSED_SIGN_IN } from "./sign-in.ts";

const ORGANISATION = Bun.randomUUIDv7();
const SESSION = Bun.randomUUIDv7();

let { auth, clock, gate } = gateStandIn();
beforeEach(() => {
  ({ auth, clock, gate } = gateStandIn());
});

type Given = Parameters<typeof policyRequest>[0];
const check = (given: Given = {}, rules: { organisationId?: string } = {}) =>
  gate.check(SCOPE, rules, policyRequest(given));

/** Goes the whole way: the cookies of a browser that is signed in. */
const cross = async (given: Given = {}, target = "/"): Promise<string> => {
  const state = cookiesOf(await answerOf(check({ ...given, target })));
  auth.tickets.set("good", SESSION);
  const headers = { cookie: state };
  const back = await answerOf(check({ ...given, target: "/.homeport/gate?ticket=good&return=%2F", headers }));
  return `${state}; ${cookiesOf(back)}`;
};

describe("a browser without a cookie", () => {
  test("is sent to the platform with a signed request that names host, policy and organisation", async () => {
    const reply = await answerOf(check({ target: "/a/b?c=d&e=%20" }, { organisationId: ORGANISATION }));
    expect([reply.status, reply.header("cache-control")]).toEqual([303, "no-store"]);
    const to = new URL(reply.header("location") ?? "");
    expect(to.origin + to.pathname).toBe("https://home.example/sign-in/gate");
    expect([to.searchParams.get("host"), to.searchParams.get("return")]).toEqual([HOST, "/a/b?c=d&e=%20"]);
    const signed = to.searchParams.get("request") ?? "";
    const read = (ms: number) => readClaims(gateRequestKey(APP_SECRET), signed, GateRequest, new Date(clock.ms + ms));
    expect(read(0)).toEqual({
      host: HOST,
      scope: SCOPE,
      organisationId: ORGANISATION,
      origin: `https://${HOST}`,
      state: expect.any(String),
    });
    expect(read(30 * 60_000)).toBeNull();
  });

  test("keeps the state of its way, which addresses do not tell, over several pages at once", async () => {
    const first = await answerOf(check());
    expect(first.header("set-cookie")).toMatch(
      /^__Host-homeport-gate-state=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=1800$/,
    );
    const cookie = cookiesOf(first);
    expect(first.header("location")).not.toContain(cookie.split("=")[1] ?? "-");
    const second = await answerOf(check({ headers: { cookie } }));
    expect(cookiesOf(second)).toBe(cookie);
    expect(cookiesOf(await answerOf(check()))).not.toBe(cookie);
  });

  test("is sent back to a port of ours, whatever its Host header says", async () => {
    const reply = await answerOf(check({ authority: `${HOST}:9999` }));
    const signed = new URL(reply.header("location") ?? "").searchParams.get("request") ?? "";
    const request = readClaims(gateRequestKey(APP_SECRET), signed, GateRequest, new Date(clock.ms));
    expect(request?.origin).toBe(`https://${HOST}`);
  });

  for (const target of ["//evil.example", "/\\evil.example", "\\\\evil.example", "*", "https:", "/a\r\nx: y"]) {
    test(`comes back to the first page instead of ${JSON.stringify(target)}`, async () => {
      const location = new URL((await answerOf(check({ target }))).header("location") ?? "");
      expect([location.origin, location.searchParams.get("return")]).toEqual(["https://home.example", "/"]);
    });
  }
});

describe("what is no page visit and shows nothing", () => {
  const rows: { name: string; given: Given }[] = [
    { name: "a client that takes JSON", given: { headers: { accept: "application/json" } } },
    { name: "a form", given: { method: "POST" } },
    { name: "a WebSocket", given: { isWebSocket: true } },
    { name: "what a script fetches", given: { headers: { "sec-fetch-mode": "cors" } } },
  ];
  for (const { name, given } of rows) {
    test(`is told that it has to sign in: ${name}`, async () => {
      const reply = await answerOf(check(given));
      expect([reply.status, reply.header("content-type")]).toEqual([401, "application/problem+json"]);
      expect(reply.header("www-authenticate")).toBe('Bearer realm="Homeport"');
      expect(JSON.parse(reply.body)).toMatchObject({ status: 401, code: "unauthenticated" });
      expect(auth.checks).toEqual([]);
    });
  }
});

describe("a browser that comes back", () => {
  test("gets the cookie for its ticket and goes on to what it wanted", async () => {
    const state = cookiesOf(await answerOf(check()));
    auth.tickets.set("good", SESSION);
    const target = `/.homeport/gate?${new URLSearchParams({ ticket: "good", return: "/a?b=c" })}`;
    const reply = await answerOf(check({ target, headers: { cookie: state } }));
    expect([reply.status, reply.header("location")]).toEqual([303, "/a?b=c"]);
    expect(reply.header("referrer-policy")).toBe("no-referrer");
    expect(auth.shown).toEqual([{ ticket: "good", host: HOST, scope: SCOPE, state: expect.any(String) }]);
    const pass = await passOf(check({ headers: { cookie: cookiesOf(reply) } }));
    expect(pass.requestHeaders?.[0]).toEqual(["X-Homeport-User", ADA.kind === "welcome" ? ADA.visitor.personId : ""]);
  });

  for (const path of ["//evil.example", "/\\evil.example", "https://evil.example", "https:", "/a\r\nset-cookie: x=1"]) {
    test(`goes to the first page instead of ${JSON.stringify(path)}`, async () => {
      const state = cookiesOf(await answerOf(check()));
      auth.tickets.set("good", SESSION);
      const target = `/.homeport/gate?${new URLSearchParams({ ticket: "good", return: path })}`;
      expect((await answerOf(check({ target, headers: { cookie: state } }))).header("location")).toBe("/");
    });
  }

  test("with a ticket that does not count sees a page with the way to try again", async () => {
    const state = cookiesOf(await answerOf(check()));
    const target = "/.homeport/gate?ticket=used&return=%2Fa%3Fb%3D%22%3E";
    const reply = await answerOf(check({ target, headers: { cookie: state } }));
    expect([reply.status, reply.header("set-cookie")]).toEqual([403, null]);
    expect(reply.body).toContain('<a href="/a?b=&#34;&#62;">Try again</a>');
  });

  test("without the state of its way gets nothing, and uses no ticket up: it is another browser", async () => {
    auth.tickets.set("good", SESSION);
    const reply = await answerOf(check({ target: "/.homeport/gate?ticket=good&return=%2F" }));
    expect([reply.status, reply.header("set-cookie")]).toEqual([403, null]);
    expect(auth.shown).toEqual([]);
  });

  test("a second time, being in already, goes on", async () => {
    const cookie = await cross();
    const target = "/.homeport/gate?ticket=good&return=%2Fa";
    const reply = await answerOf(check({ target, headers: { cookie } }));
    expect([reply.status, reply.header("location")]).toEqual([303, "/a"]);
  });

  test("is asked to wait when the auth app is away", async () => {
    const state = cookiesOf(await answerOf(check()));
    auth.isAway = true;
    const reply = await answerOf(check({ target: "/.homeport/gate?ticket=x&return=/", headers: { cookie: state } }));
    expect([reply.status, reply.header("retry-after")]).toEqual([503, "2"]);
  });

  test("after having been refused is judged anew", async () => {
    const cookie = await cross();
    auth.answer = { kind: "refused" };
    expect((await answerOf(check({ headers: { cookie } }))).status).toBe(303);
    auth.answer = ADA; // somebody made them a member, and they came through the gate again within the five seconds
    await passOf(check({ headers: { cookie: await cross() } }));
  });
});

describe("a browser with the cookie", () => {
  test("passes with who it is, without the gate's cookies, and keeps an Authorization of its own", async () => {
    const cookie = await cross();
    const headers = { cookie, authorization: "Basic YTpi" };
    const pass = await passOf(check({ method: "DELETE", headers }, { organisationId: ORGANISATION }));
    expect(pass.requestHeaders?.map(([name]) => name)).toEqual([
      "X-Homeport-User",
      "X-Homeport-Email",
      "X-Homeport-Name",
      "X-Homeport-Organisation",
    ]);
    expect(pass.requestHeaders).toContainEqual(["X-Homeport-Organisation", ORGANISATION]);
    expect(pass.dropCookies).toContain("__Host-homeport-gate");
    expect(pass.dropAuthorization).toBe(false);
    expect(auth.checks.at(-1)).toEqual({
      credential: { kind: "session", sessionId: SESSION },
      organisationId: ORGANISATION,
    });
  });

  test("passes at once while the answer is fresh", async () => {
    const cookie = await cross();
    await passOf(check({ headers: { cookie } }));
    expect(check({ headers: { cookie } }).kind).toBe("pass");
  });

  test("is out five seconds after its session ended: a page signs in again, the rest is told", async () => {
    const cookie = await cross();
    await passOf(check({ headers: { cookie } }));
    auth.answer = { kind: "stranger" };
    clock.ms += 4_999;
    await passOf(check({ headers: { cookie } }));
    clock.ms += 1;
    expect((await answerOf(check({ headers: { cookie } }))).header("location")).toContain("/sign-in/gate?");
    expect((await answerOf(check({ headers: { cookie, accept: "*/*" } }))).status).toBe(401);
    expect((await answerOf(check({ isWebSocket: true, headers: { cookie } }))).status).toBe(401);
  });

  test("who is no member (any more) learns it from the platform's page, scripts from a 403", async () => {
    const cookie = await cross();
    auth.answer = { kind: "refused" };
    expect((await answerOf(check({ headers: { cookie } }))).header("location")).toContain("/sign-in/gate?");
    const reply = await answerOf(check({ headers: { cookie, accept: "application/json" } }));
    expect([reply.status, JSON.parse(reply.body).code]).toEqual([403, "forbidden"]);
  });

  test("stays in for a minute when the auth app is away; who was not in lately has to wait", async () => {
    const cookie = await cross();
    await passOf(check({ headers: { cookie } }));
    auth.isAway = true;
    clock.ms += 59_999;
    await passOf(check({ headers: { cookie } }));
    clock.ms += 1;
    const reply = await answerOf(check({ headers: { cookie } }));
    expect([reply.status, reply.header("retry-after")]).toEqual([503, "2"]);
  });

  test("has twelve hours, then the platform is asked again", async () => {
    const cookie = await cross();
    clock.ms += 12 * 3_600_000;
    expect((await answerOf(check({ headers: { cookie } }))).header("location")).toContain("/sign-in/gate?");
    expect(auth.checks).toEqual([]);
  });

  test("has it for this host only", async () => {
    const cookie = await cross();
    const there = policyRequest({ hostName: "other.apps.example", headers: { cookie, accept: "*/*" } });
    expect((await answerOf(gate.check(SCOPE, {}, there))).status).toBe(401);
    const policy = policyRequest({ headers: { cookie, accept: "*/*" } });
    expect((await answerOf(gate.check(HOST, {}, policy))).status).toBe(401);
  });

  test("opens WebSockets and writes from its own site, not from another tenant's", async () => {
    const cookie = await cross();
    const own = { cookie, origin: `https://${HOST}` };
    const other = { cookie, origin: "https://evil-demo.apps.example" };
    await passOf(check({ isWebSocket: true, headers: own }));
    await passOf(check({ method: "POST", headers: own }));
    expect((await answerOf(check({ isWebSocket: true, headers: other }))).status).toBe(403);
    expect((await answerOf(check({ method: "POST", headers: other }))).status).toBe(403);
  });
});

describe("an API token", () => {
  const token = { authorization: "Bearer hp_abc", accept: "*/*" };

  test("that is good for the organisation passes, and the upstream does not see it", async () => {
    const pass = await passOf(check({ method: "POST", headers: token }, { organisationId: ORGANISATION }));
    expect(pass.dropAuthorization).toBe(true);
    expect(pass.requestHeaders).toContainEqual(["X-Homeport-Email", "ada@example.com"]);
    expect(auth.checks).toEqual([{ credential: { kind: "token", value: "hp_abc" }, organisationId: ORGANISATION }]);
    await passOf(check({ isWebSocket: true, headers: { ...token, origin: "https://elsewhere.example" } }));
  });

  test("that is nobody's is 401, one for something else 403, both also in a browser", async () => {
    auth.answer = { kind: "stranger" };
    expect((await answerOf(check({ headers: { ...token, accept: "text/html" } }))).status).toBe(401);
    auth.answer = { kind: "refused" };
    clock.ms += 5_000;
    expect((await answerOf(check({ headers: { ...token, accept: "text/html" } }))).status).toBe(403);
  });

  test("of something else is the upstream's own business, and lets nobody in", async () => {
    const headers = { authorization: "Bearer eyJhbGciOi", accept: "*/*" };
    expect((await answerOf(check({ headers }))).status).toBe(401);
    expect(auth.checks).toEqual([]);
  });
});

test("the platform's own hosts have no gate: its sign-in page would be behind it", () => {
  const { kind } = gate.check(PLATFORM_POLICY, {}, policyRequest());
  expect([kind, CLOSED_SIGN_IN.check(PLATFORM_POLICY, {}, policyRequest()).kind]).toEqual(["pass", "pass"]);
});

test("without APP_SECRET what asks for a sign-in is closed", async () => {
  const reply = await answerOf(CLOSED_SIGN_IN.check(SCOPE, {}, policyRequest()));
  expect([reply.status, reply.header("content-type")]).toEqual([503, "text/html; charset=utf-8"]);
});
