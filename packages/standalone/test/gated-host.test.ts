import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adminSocket } from "@homeport/gateway/config.ts";
import { type Gateway, startGateway } from "@homeport/gateway/index.ts";
import { POLICIES_KEY, POLICIES_META_FIELD, WORKLOADS_KEY, WORKLOADS_META_FIELD } from "@homeport/kit/registry/keys.ts";
import type { HostPolicy } from "@homeport/kit/registry/policy.ts";
import { replaceHash } from "@homeport/kit/registry/publish-hash.ts";
import { launchBrowser } from "@homeport/kit/test/browser.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { assetResponse } from "@homeport/ui/assets";
import type { Browser, Route } from "playwright-core";
import { ADA, PASSWORD, startWorld, type World } from "../../apps/auth/test/world.ts";
import { freePort } from "../../gateway/test/gateway-process.ts";
import { target, workload } from "../../gateway/test/records.ts";
import { GateBrowser } from "./gate-browser.ts";
import { openGatedUpstream, type Seen } from "./gated-upstream.ts";
import { openWebSocket } from "./open-web-socket.ts";

/** The whole of it: a real gateway with routes and policies from a real Valkey, and the real auth app. */
const HOST = "shop-demo.localhost";

let world: World;
let gateway: Gateway;
let upstream: ReturnType<typeof openGatedUpstream>;
let dir: string;
let revision = 0;

beforeAll(async () => {
  world = await startWorld();
  upstream = openGatedUpstream();
  dir = mkdtempSync(join(tmpdir(), "hp-gated-"));
  const { config } = world.platform;
  const port = await freePort();
  gateway = await startGateway({
    host: "127.0.0.1",
    port,
    valkeyUrl: config.redisUrl.replace(/^unix:(\/\/)?/, ""),
    dataDir: dir,
    runDir: dir,
    platformHosts: [],
    appUrl: `http://localhost:${port}`,
    appSecret: config.appSecret,
    timeouts: { drainMs: 100 },
  });
  const route = workload([HOST, "open-demo.localhost"], [target(upstream.port)]);
  await replaceHash(
    world.platform.valkey,
    { key: WORKLOADS_KEY, metaField: WORKLOADS_META_FIELD, kind: "workloads" },
    { revision: 1, fields: new Map([[route.workloadId, JSON.stringify(route)]]) },
  );
  await publish({});
}, 60_000);
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await world?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Puts HOST behind platform sign-in, and waits until the gateway knows. */
const publish = async (signIn: { organisationId?: string }): Promise<void> => {
  const policy: HostPolicy = { schema: 1, host: "*.localhost", policy: { signIn } };
  const open: HostPolicy = { schema: 1, host: "open-demo.localhost", policy: {} };
  revision += 1;
  await replaceHash(
    world.platform.valkey,
    { key: POLICIES_KEY, metaField: POLICIES_META_FIELD, kind: "policies" },
    { revision, fields: new Map([policy, open].map((each) => [each.host, JSON.stringify(each)])) },
  );
  await waitFor(async () => {
    const response = await fetch("http://gateway/metrics", { unix: adminSocket(dir) });
    return new RegExp(`policy_revision ${revision}\\b`).test(await response.text());
  });
};

const shop = (path = "/") => `http://${HOST}:${gateway.port}${path}`;
const platform = (path: string) => `http://localhost:${gateway.port}${path}`;
const seenBy = (response: Response): Seen => JSON.parse(response.headers.get("x-seen") ?? "null");

const enter = async (browser: GateBrowser, path = "/") => {
  const { url } = await browser.follow(shop(path), await browser.get(shop(path)));
  const next = new URL(url).searchParams.get("next") ?? "";
  const signedIn = await browser.submit(platform("/sign-in"), { email: ADA, password: PASSWORD, next });
  return browser.follow(platform("/sign-in"), signedIn);
};

describe("through a real gateway, a host behind platform sign-in", () => {
  test("is reached after signing in, and sees who it is and nothing of how that is known", async () => {
    const browser = new GateBrowser();
    browser.set(HOST, "theirs", "1");
    const { response } = await enter(browser, "/a/b?c=d");
    const { path, headers } = seenBy(response);
    expect(path).toBe("/a/b?c=d");
    expect([headers["x-homeport-email"], headers["x-homeport-name"]]).toEqual([ADA, "Ada"]);
    expect(headers.cookie).toBe("theirs=1");
  });

  test("is told by nobody else who a visitor is, however the header is spelled", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    const forged = {
      "X-Homeport-User": "evil",
      "x-homeport-email": "evil@example.com",
      X_Homeport_Email: "evil@example.com",
      "X-HOMEPORT-ORGANISATION": "evil",
    };
    const { headers } = seenBy(await browser.get(shop(), forged));
    expect(headers["x-homeport-email"]).toBe(ADA);
    expect(JSON.stringify(headers)).not.toContain("evil");
  });

  test("of one organisation is closed to others from the moment that the policy says so", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    await publish({ organisationId: Bun.randomUUIDv7() });
    try {
      expect((await browser.get(shop(), { accept: "application/json" })).status).toBe(403);
      const { response, url } = await browser.follow(shop(), await browser.get(shop()));
      expect([response.status, new URL(url).pathname]).toEqual([403, "/sign-in/gate"]);
    } finally {
      await publish({});
    }
  });

  test("takes API tokens, which it does not see, and problems instead of pages for everything that is no browser", async () => {
    const token = await world.token(await world.signIn());
    const call = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${gateway.port}/x`, { method: "POST", body: "{}", headers: { host: HOST, ...headers } });
    const { method, headers } = seenBy(await call(token.headers));
    expect([method, headers["x-homeport-email"], headers.authorization]).toEqual(["POST", ADA, undefined]);
    const refused = await call({});
    expect([refused.status, refused.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  });

  test("opens WebSockets for who is signed in", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    const shake = (headers: Record<string, string>) => openWebSocket(gateway.port, { host: HOST, ...headers });
    expect(await shake({})).toBe("closed");
    expect(await shake({ cookie: browser.cookies(HOST) })).toBe(`welcome ${ADA}`);
    expect(await shake({ cookie: browser.cookies(HOST), origin: "http://evil-demo.localhost" })).toBe("closed");
  });

  test("ends a WebSocket soon after the session of who opened it has ended", async () => {
    const browser = new GateBrowser();
    await enter(browser);
    const headers = { host: HOST, cookie: browser.cookies(HOST) };
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/`, { headers } as unknown as string[]);
    let greeting = "";
    let isClosed = false;
    socket.onmessage = ({ data }) => {
      greeting = String(data);
    };
    socket.onclose = () => {
      isClosed = true;
    };
    await waitFor(() => greeting === `welcome ${ADA}`);
    await browser.submit(platform("/sign-out"), {});
    await waitFor(() => isClosed, { timeoutMs: 15_000 }); // remembered for 5 s, asked again every 4 s
  }, 25_000);

  test("leaves other hosts open, and the platform's own", async () => {
    const browser = new GateBrowser();
    const { headers } = seenBy(await browser.get(shop().replace("shop", "open")));
    expect(headers["x-homeport-user"]).toBeUndefined();
    expect((await browser.get(platform("/sign-in"))).status).toBe(200);
  });
});

describe("in a real browser", () => {
  let chromium: Browser;
  beforeAll(async () => {
    chromium = await launchBrowser();
  }, 30_000);
  afterAll(() => chromium?.close());

  /** In place of the dashboard app, which serves these on a platform. */
  const serveAsset = async (route: Route): Promise<void> => {
    const { assets } = world.platform;
    const asset = assets === null ? null : await assetResponse(assets, new Request(route.request().url()));
    if (asset === null) return route.abort();
    const body = Buffer.from(await asset.arrayBuffer());
    await route.fulfill({ status: asset.status, headers: asset.headers.toJSON(), body });
  };

  for (const javaScriptEnabled of [true, false]) {
    test(`one goes through the sign-in page and comes back, ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
      const context = await chromium.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      await page.route("**/public/**", serveAsset);
      await page.goto(shop("/a?b=c"));
      expect(new URL(page.url()).pathname).toBe("/sign-in");
      await page.waitForLoadState("networkidle"); // the page's scripts, where it has any
      await page.getByLabel("E-mail").fill(ADA);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(shop("/a?b=c"));
      const seen: Seen = JSON.parse((await page.textContent("#seen")) ?? "null");
      expect([seen.headers["x-homeport-email"], seen.headers.cookie]).toEqual([ADA, undefined]);
      const cookies = (await context.cookies(shop())).map((cookie) => [cookie.name, cookie.httpOnly, cookie.sameSite]);
      expect(cookies).toContainEqual(["homeport-gate", true, "Lax"]);
      await context.close();
    }, 30_000);
  }
});
