import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AuthApp } from "@homeport/gateway/adapters/auth-app.ts";
import { CachedSessionCheck } from "@homeport/gateway/policies/cached-session-check.ts";
import { PlatformSignIn } from "@homeport/gateway/policies/sign-in.ts";
import { appTarget, type Target } from "@homeport/gateway/target.ts";
import { ADA, PASSWORD, startWorld, type World } from "../../apps/auth/test/world.ts";
import { GateBrowser } from "./gate-browser.ts";
import { type GatePlane, openGatePlane } from "./gate-plane.ts";
import type { Seen } from "./gated-upstream.ts";
import { openWebSocket } from "./open-web-socket.ts";

const HOST = "shop-demo.localhost";
const ZOE = "zoe@example.com";

let world: World;
let plane: GatePlane;
let targets: Target[];
/** The clock of what the gateway remembers, in milliseconds. */
let now = 0;
let home: string;
let other: string;

beforeAll(async () => {
  world = await startWorld();
  await world.addPerson(ZOE, "viewer");
  await world.database.admin`update auth.people set name = 'Zoë 100%' where email = ${ZOE}`;
  other = Bun.randomUUIDv7();
  await world.database.admin`insert into auth.organisations (id, slug, name) values (${other}, 'other', 'Other')`;
  home = (await world.get("/me", await world.signIn())).body.organisation.id;
  targets = [appTarget("auth", world.running.baseUrl) as Target];
  const auth = new AuthApp(() => targets, world.platform.config.appSecret);
  const gate = new PlatformSignIn({
    appSecret: world.platform.config.appSecret,
    address: { appUrl: world.platform.config.appUrl, ports: () => ({ http: plane.port, https: null }) },
    auth,
    checks: new CachedSessionCheck(auth, () => now),
  });
  plane = openGatePlane(gate);
}, 60_000);
afterAll(async () => {
  await plane?.stop();
  await world?.stop();
});

const shop = (path = "/", host = HOST) => `http://${host}:${plane.port}${path}`;
const platform = (path: string) => `http://${world.host}${path}`;
const seenBy = (response: Response): Seen => JSON.parse(response.headers.get("x-seen") ?? "null");

/** Opens an address of the shop and signs in on the way. */
const enter = async (browser: GateBrowser, path = "/", email = ADA) => {
  const first = await browser.follow(shop(path), await browser.get(shop(path)));
  const next = new URL(first.url).searchParams.get("next") ?? "";
  const signedIn = await browser.submit(platform("/sign-in"), { email, password: PASSWORD, next });
  return { toSignIn: first, ...(await browser.follow(platform("/sign-in"), signedIn)) };
};

describe("a host behind platform sign-in", () => {
  test("is reached after signing in, at the page that was wanted, and learns who it is", async () => {
    const browser = new GateBrowser();
    browser.set(HOST, "theirs", "1");
    const { toSignIn, response, hops } = await enter(browser, "/a/b?c=d&e=%C3%A4", ZOE);
    expect(new URL(toSignIn.url).pathname).toBe("/sign-in");
    expect(hops.map((hop) => new URL(hop).pathname)).toEqual(["/sign-in/gate", "/.homeport/gate", "/a/b"]);
    const seen = seenBy(response);
    expect(seen.path).toBe("/a/b?c=d&e=%C3%A4");
    expect(seen.headers.cookie).toBe("theirs=1");
    expect(seen.headers).toMatchObject({ "x-homeport-email": ZOE, "x-homeport-name": "Zo%C3%AB 100%25" });
    expect(seen.headers["x-homeport-organisation"]).toBeUndefined();
    expect(browser.cookies(HOST)).not.toContain(browser.cookies("127.0.0.1").split("=")[1] ?? "-"); // the platform's own
  });

  test("is reached at once by who is signed in at the platform already", async () => {
    const browser = new GateBrowser();
    await browser.submit(platform("/sign-in"), { email: ADA, password: PASSWORD, next: "/account" });
    const { response, hops } = await browser.follow(shop("/x"), await browser.get(shop("/x")));
    expect(hops).toHaveLength(3);
    expect(seenBy(response).headers["x-homeport-email"]).toBe(ADA);
  });

  test("is told by nobody else who a visitor is", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    const forged = { "X-Homeport-User": "evil", "x-homeport-role": "owner", "X-Homeport-Organisation": other };
    const { headers } = seenBy(await browser.get(shop(), forged));
    expect(headers["x-homeport-email"]).toBe(ADA);
    expect(headers["x-homeport-user"]).not.toContain("evil");
    expect([headers["x-homeport-role"], headers["x-homeport-organisation"]]).toEqual([undefined, undefined]);
  });

  test("is left within five seconds of signing out at the platform", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    expect((await browser.get(shop())).status).toBe(200);
    await browser.submit(platform("/sign-out"), {});
    now += 4_999;
    expect((await browser.get(shop())).status).toBe(200);
    now += 1;
    const { url } = await browser.follow(shop(), await browser.get(shop()));
    expect(new URL(url).pathname).toBe("/sign-in");
    expect((await browser.get(shop(), { accept: "application/json" })).status).toBe(401);
  });

  test("of one organisation is for its members; others read whom to ask, and leaving it shuts them out", async () => {
    plane.organisationId = other;
    try {
      const browser = new GateBrowser();
      const refused = await enter(browser);
      expect([refused.response.status, new URL(refused.url).pathname]).toEqual([403, "/sign-in/gate"]);
      expect(await refused.response.text()).toContain(`${HOST} is for members of another organisation.`);
      const membership = world.database.admin`
        insert into auth.memberships (person_id, organisation_id, role)
        select id, ${other}, 'viewer' from auth.people where email = ${ADA}`;
      await membership;
      const { response } = await browser.follow(shop(), await browser.get(shop()));
      expect(seenBy(response).headers["x-homeport-organisation"]).toBe(other);
      await world.database.admin`delete from auth.memberships where organisation_id = ${other}`;
      now += 5_000;
      const api = await browser.get(shop(), { accept: "application/json" });
      expect([api.status, (await api.json()).code]).toEqual([403, "forbidden"]);
      expect((await browser.follow(shop(), await browser.get(shop()))).response.status).toBe(403);
    } finally {
      plane.organisationId = null;
    }
  });

  test("is open to API tokens of its organisation, and does not see them", async () => {
    plane.organisationId = home;
    try {
      const token = await world.token(await world.signIn());
      const call = (authorization: string) =>
        fetch(`http://127.0.0.1:${plane.port}/`, { method: "POST", headers: { host: HOST, authorization } });
      const { headers } = seenBy(await call(`Bearer ${token.value}`));
      expect([headers["x-homeport-email"], headers.authorization]).toEqual([ADA, undefined]);
      expect((await call("Bearer hp_made_up")).status).toBe(401);
      await world.remove(`/tokens/${token.id}`, await world.signIn());
      now += 5_000;
      expect((await call(`Bearer ${token.value}`)).status).toBe(401);
      plane.organisationId = other;
      const second = await world.token(await world.signIn());
      expect((await call(`Bearer ${second.value}`)).status).toBe(403);
    } finally {
      plane.organisationId = null;
    }
  });

  test("opens WebSockets for who is signed in, from its own pages", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    const shake = (headers: Record<string, string>) => openWebSocket(plane.port, { host: HOST, ...headers });
    const cookie = browser.cookies(HOST);
    expect(await shake({})).toBe("closed");
    expect(await shake({ cookie })).toBe("welcome");
    expect(await shake({ cookie, origin: `http://${HOST}` })).toBe("welcome");
    expect(await shake({ cookie, origin: `http://evil-demo.localhost:${plane.port}` })).toBe("closed");
  });

  test("stays open for a minute to who was there, when the auth app is away", async () => {
    const [browser, stranger] = [new GateBrowser(), new GateBrowser()];
    await enter(browser);
    await enter(stranger);
    await browser.get(shop());
    now += 59_000; // the other one was seen that long ago, too, but not in this minute
    await browser.get(shop());
    const away = targets;
    targets = [];
    try {
      now += 59_999;
      expect((await browser.get(shop())).status).toBe(200);
      const late = await stranger.get(shop());
      expect([late.status, late.headers.get("retry-after")]).toEqual([503, "2"]);
      now += 1;
      expect((await browser.get(shop())).status).toBe(503);
    } finally {
      targets = away;
    }
  });
});

describe("what was made for one way in", () => {
  /** The address with the ticket, which the browser was about to open. */
  const ticketAddress = async (browser: GateBrowser): Promise<string> => {
    const toPlatform = (await browser.get(shop("/x"))).headers.get("location") ?? "";
    await browser.submit(platform("/sign-in"), { email: ADA, password: PASSWORD });
    return (await browser.get(toPlatform)).headers.get("location") ?? "";
  };

  test("is a ticket for one use", async () => {
    const browser = new GateBrowser();
    const address = await ticketAddress(browser);
    expect((await browser.get(address)).status).toBe(303);
    browser.set(HOST, "homeport-gate", "");
    const again = await browser.get(address);
    expect([again.status, again.headers.getSetCookie()]).toEqual([403, []]);
    expect(await again.text()).toContain('<a href="/x">Try again</a>');
  });

  test("is a ticket for the browser that asked for it", async () => {
    const victim = new GateBrowser();
    await victim.get(shop());
    const address = await ticketAddress(new GateBrowser());
    const lured = await victim.get(address);
    expect([lured.status, victim.cookies(HOST)]).toEqual([403, expect.not.stringContaining("homeport-gate=")]);
  });

  test("is a ticket for one host", async () => {
    const browser = new GateBrowser();
    const address = (await ticketAddress(browser)).replace(HOST, "other-demo.localhost");
    const state = browser.cookies(HOST).split("=");
    browser.set("other-demo.localhost", state[0] ?? "", state[1] ?? "");
    expect((await browser.get(address)).status).toBe(403);
  });

  test("is a cookie for one host, that cannot be made or changed", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    const value = /homeport-gate=([^;]+)/.exec(browser.cookies(HOST))?.[1] ?? "";
    const get = (cookie: string, host = HOST) =>
      fetch(`http://127.0.0.1:${plane.port}/`, { headers: { host, cookie: `homeport-gate=${cookie}` } });
    expect((await get(value)).status).toBe(200);
    expect((await get(value, "other-demo.localhost")).status).toBe(401);
    expect((await get(`${value.slice(0, 5)}x${value.slice(6)}`)).status).toBe(401);
    expect((await get(value.slice(0, -1))).status).toBe(401);
  });
});
