import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { deriveKey } from "@homeport/kit/crypto.ts";
import { gateRequestKey } from "@homeport/kit/gate.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { signClaims } from "@homeport/kit/signed-claims.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { stepAt, totpCode } from "../../../apps/auth/src/totp.ts";
import { appFolders } from "../../src/app-list.ts";
import { type Changes, watchChanges } from "../matrix/changes.ts";
import type { Answer } from "../matrix/platform.ts";
import {
  ADA,
  bodyOf,
  cookieOf,
  type House,
  mailThrough,
  type RequestHeaders,
  setupTokenOf,
  startHouse,
} from "./house.ts";
import { linkTo, secretIn } from "./links.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";
import { faultsOf } from "./refusals.ts";

let house: House;
let mailbox: Mailbox;
let changes: Changes;
let asGateway: RequestHeaders;

beforeAll(async () => {
  house = await startHouse();
  mailbox = await startMailbox();
  await mailThrough(house, mailbox.port);
  asGateway = await house.identity({ kind: "app", appId: "gateway" });
  changes = await watchChanges(house.database.admin, ["platform", ...appFolders.map(({ id }) => id)]);
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await mailbox?.stop();
});

const api = (path: string): string => `/api/v1/auth${path}`;
const me = (headers: RequestHeaders): Promise<Answer> => house.ask("GET", api("/me"), { headers });

const enter = async (email: string, more: Record<string, string> = {}, headers: RequestHeaders = {}) => {
  const answer = await house.ask("POST", api("/sessions"), {
    headers,
    json: { email, password: ADA.password, ...more },
  });
  return { ...answer, session: cookieOf(answer) };
};

describe("a session", () => {
  const cookie = (value: string, more: RequestHeaders = {}): RequestHeaders => ({ cookie: value, ...more });

  test("that is not one is nobody's, and reads like every other", async () => {
    const { headers } = await house.member("viewer");
    const value = (headers.cookie ?? "").split("=")[1] ?? "";
    const { session } = await enter(ADA.email);
    await house.ask("POST", "/sign-out", { headers: { cookie: session }, form: {} });
    const https = { "x-forwarded-proto": "https" };
    const cases: { name: string; headers: RequestHeaders }[] = [
      { name: "ended by signing out", headers: cookie(session) },
      { name: "unknown", headers: cookie("homeport=nobody") },
      { name: "empty", headers: cookie("homeport=") },
      { name: "of 8 KB", headers: cookie(`homeport=${"x".repeat(8000)}`) },
      { name: "its hash", headers: cookie(`homeport=${new Bun.CryptoHasher("sha256").update(value).digest("hex")}`) },
      { name: "in other case", headers: cookie(`homeport=${value.toUpperCase()}`) },
      { name: "quoted", headers: cookie(`homeport="${value}"`) },
      { name: "a cookie of another name", headers: cookie(`homeport2=${value}`) },
      { name: "the name in other case", headers: cookie(`Homeport=${value}`) },
      { name: "the name for http over https", headers: cookie(`homeport=${value}`, https) },
      { name: "the name for https over http", headers: cookie(`__Host-homeport=${value}`) },
      { name: "as a bearer", headers: { authorization: `Bearer ${value}` } },
      { name: "beside a bearer that does not hold", headers: { ...headers, authorization: "Bearer hp_x" } },
    ];
    expect(await faultsOf(cases, [401], changes, (each) => me(each.headers))).toEqual([]);
    expect((await me(headers)).status).toBe(200);
    expect((await me(cookie(`__Host-homeport=${value}`, https))).status).toBe(200);
  });

  test("gets its name from us, whatever the browser brings along", async () => {
    const chosen = { cookie: "homeport=chosen-by-somebody-else; homeport-sign-in=chosen-too" };
    const { session } = await enter(ADA.email, {}, chosen);
    expect(session).toMatch(/^homeport=[A-Za-z0-9_-]{43}$/);
    const page = await house.ask("POST", "/sign-in", {
      headers: chosen,
      form: { email: ADA.email, password: ADA.password },
    });
    expect(page.status).toBe(303);
    expect(cookieOf(page)).toMatch(/^homeport=[A-Za-z0-9_-]{43}$/);
    expect(cookieOf(page)).not.toBe(session);
    expect((await me(chosen)).status).toBe(401);
  });
});

describe("at a gate", () => {
  const gate = {
    host: "shop.example",
    scope: "*.example",
    organisationId: null,
    origin: "https://shop.example",
    state: "s",
  };
  const soon = () => new Date(Date.now() + 60_000);
  const request = (more: object = {}, key = gateRequestKey(house.platform.config.appSecret), until = soon()) =>
    signClaims(key, { ...gate, ...more }, until);
  const go = (signed: string) =>
    house.ask("GET", `/sign-in/gate?${new URLSearchParams({ host: gate.host, return: "/", request: signed })}`, {
      headers: { ...house.ada.headers, accept: "text/html" },
    });
  const redeem = (ticket: string, more: Partial<typeof gate> = {}) => {
    const { host, scope, state } = { ...gate, ...more };
    return house.ask("POST", api("/gate/redeem"), { headers: asGateway, json: { ticket, host, scope, state } });
  };
  const ticketOf = ({ headers }: Answer) =>
    new URL(headers.get("location") ?? "nowhere:").searchParams.get("ticket") ?? "";

  test("a request that the gateway did not sign gives no ticket", async () => {
    const { appSecret } = house.platform.config;
    const signed = request();
    const [payload = "", mac = ""] = signed.split(".");
    const cases = [
      { name: "another key", request: request({}, deriveKey(appSecret, "gate ticket")) },
      { name: "the secret itself", request: request({}, Buffer.from(appSecret.reveal())) },
      { name: "over", request: request({}, undefined, new Date(Date.now() - 1)) },
      {
        name: "altered",
        request: `${Buffer.from(`${Buffer.from(payload, "base64url")} `).toString("base64url")}.${mac}`,
      },
      { name: "without a signature", request: `${payload}.` },
      { name: "without a dot", request: payload },
      { name: "with half a signature", request: signed.slice(0, -10) },
      { name: "for another host", request: request({ host: "other.example" }) },
      { name: "no request", request: "" },
      { name: "of 16 KB", request: "x".repeat(16_384) },
    ];
    expect(await faultsOf(cases, [400], changes, (each) => go(each.request))).toEqual([]);
    expect((await go(signed)).status).toBe(303);
  });

  test("a ticket that is not for this gate opens nothing, and the right one opens it once", async () => {
    const { appSecret } = house.platform.config;
    const ticket = ticketOf(await go(request()));
    const [payload = "", mac = ""] = ticket.split(".");
    const cases: { name: string; ticket: string; more?: Partial<typeof gate> }[] = [
      { name: "of another host", ticket, more: { host: "other.example" } },
      { name: "of another policy", ticket, more: { scope: "shop.example" } },
      { name: "of another browser", ticket, more: { state: "other" } },
      { name: "without a signature", ticket: `${payload}.` },
      { name: "altered", ticket: `${payload}.${mac.slice(1)}A` },
      { name: "a request for one", ticket: request() },
      { name: "of another key", ticket: signClaims(gateRequestKey(appSecret), { ...gate }, soon()) },
      { name: "unreadable", ticket: "." },
    ];
    expect(await faultsOf(cases, [200], changes, (each) => redeem(each.ticket, each.more))).toEqual([]);
    expect(bodyOf<{ sessionId: string | null }>(await redeem(ticket)).sessionId).not.toBeNull();
    expect((await redeem(ticket)).body).toBe('{"sessionId":null}');
    expect((await redeem(".")).body).toBe('{"sessionId":null}');
  });
});

describe("what works once does not work again:", () => {
  /** The second use is refused like one of something that never was, and changes nothing. */
  const replay = async (use: (value: string) => Promise<Answer>, value: string, never: string): Promise<string[]> => {
    await waitFor(async () => (await house.database.admin`select from auth.mails`).length === 0); // what is sent is removed
    const cases = [
      { name: "never was", value: never },
      { name: "again", value },
    ];
    return faultsOf(cases, [401, 403, 404, 410, 422], changes, (each) => use(each.value));
  };

  test("the setup token", async () => {
    const claim = { ...ADA, email: "eve@example.com" };
    const used = await house.database.admin`select from auth.setup_tokens`;
    expect(used).toHaveLength(0);
    expect(() => setupTokenOf(house.platform.config.dataDir)).toThrow();
    const use = (token: string) => house.ask("POST", api("/setup"), { json: { ...claim, token } });
    expect(await replay(use, "of-before", "never")).toEqual([]);
  });

  test("an invite", async () => {
    const json = { email: "dora@example.com", role: "viewer" };
    const made = await house.ask("POST", api("/invites"), { headers: house.ada.headers, json });
    const token = secretIn("invite").exec(bodyOf<{ link: string }>(made).link)?.[1] ?? "";
    const use = (value: string) =>
      house.ask("POST", api("/invites/accept"), { json: { token: value, name: "Dora", password: ADA.password } });
    expect((await use(token)).status).toBe(201);
    expect(await replay(use, token, "never-was")).toEqual([]);
  });

  test("a link in a mail", async () => {
    const { email } = await house.member("viewer");
    await house.ask("POST", api("/sign-in/link"), { json: { email } });
    const token = await mailbox.find(email, secretIn("signIn"));
    const use = (value: string) => house.ask("POST", linkTo("signIn", value), { form: {} });
    const first = await use(token);
    expect(first.status).toBe(303);
    expect((await me({ cookie: cookieOf(first) })).status).toBe(200);
    expect(await replay(use, token, "never-was")).toEqual([]);
  }, 40_000);

  test("the proof of a new e-mail address", async () => {
    const { headers } = await house.member("viewer");
    const email = "newly@example.com";
    expect((await house.ask("POST", api("/me/email"), { headers, json: { email } })).status).toBe(202);
    const token = await mailbox.find(email, secretIn("email"));
    const use = (value: string) => house.ask("POST", api("/me/email/confirm"), { json: { token: value } });
    expect((await use(token)).status).toBe(200);
    expect(await replay(use, token, "never-was")).toEqual([]);
  }, 40_000);

  test("a code of an authenticator, and a recovery code", async () => {
    const { email, headers } = await house.member("viewer");
    const { secret } = bodyOf<{ secret: string }>(
      await house.ask("POST", api("/account/authenticator"), { headers, json: {} }),
    );
    const code = totpCode(new Secret(secret), stepAt(new Date()));
    const confirmed = await house.ask("POST", api("/account/authenticator/confirm"), { headers, json: { code } });
    const { recoveryCodes } = bodyOf<{ recoveryCodes: string[] }>(confirmed);
    const [first = "", second = ""] = recoveryCodes;
    const statusOf = async (shown: string) => (await enter(email, { code: shown })).status;
    expect(await statusOf(code)).not.toBe(201); // it confirmed the authenticator
    const next = totpCode(new Secret(secret), stepAt(new Date()) + 1);
    expect(await statusOf(next)).toBe(201);
    expect(await statusOf(next)).not.toBe(201);
    expect(await statusOf(first)).toBe(201);
    const again = await enter(email, { code: first });
    expect([again.status < 500, again.session]).toEqual([true, ""]);
    expect(await statusOf(second.toLowerCase().replaceAll("-", " "))).toBe(201);
  });

  test("a code of a device", async () => {
    const started = await house.ask("POST", api("/device/code"), { json: { clientName: "laptop" } });
    const { deviceCode, userCode } = bodyOf<{ deviceCode: string; userCode: string }>(started);
    const form = { code: userCode, decision: "approve" };
    expect((await house.ask("POST", "/device/decide", { headers: house.ada.headers, form })).status).toBe(200);
    const poll = (code: string) => house.ask("POST", api("/device/token"), { json: { deviceCode: code } });
    expect(bodyOf<{ state: string }>(await poll(deviceCode)).state).toBe("approved");
    const again = await poll(deviceCode);
    expect(again.body).not.toContain("hp_");
    expect((await house.ask("POST", "/device/decide", { headers: house.ada.headers, form })).status).toBe(422);
  });
});
