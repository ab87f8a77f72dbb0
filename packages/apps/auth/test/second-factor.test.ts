import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { GATE_REQUEST_MS, type GateRequest, gateRequestKey } from "@homeport/kit/gate.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { signClaims } from "@homeport/kit/signed-claims.ts";
import { RECOVERY_CODES } from "../src/recovery-code.ts";
import { MAX_WRONG_CODES } from "../src/sign-in-limit.ts";
import { stepAt, totpCode } from "../src/totp.ts";
import { storeSettings } from "./settings.ts";
import { cookieOf, PASSWORD, startWorld, type World } from "./world.ts";

let world: World;
let count = 0;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  await world.database.admin`delete from auth.sign_in_failures`;
});

type Somebody = { email: string; browser: { cookie: string }; secret: Secret; codes: string[] };

/** The code of so many steps from now; a step works once, so tests that need several go forwards. */
const codeAt = ({ secret }: Pick<Somebody, "secret">, steps = 0) => totpCode(secret, stepAt(new Date()) + steps);

/** Forgets which step was used last, so that the next test need not wait half a minute. */
const forgetSteps = () => world.database.admin`update auth.authenticators set last_step = 0`;

const newcomer = async (): Promise<string> => {
  count += 1;
  const email = `p${count}@example.com`;
  await world.addPerson(email, "viewer");
  return email;
};

/** Somebody with a confirmed authenticator. */
const enrolled = async (): Promise<Somebody> => {
  const email = await newcomer();
  const browser = await world.signIn(email);
  const { body } = await world.post("/account/authenticator", {}, browser);
  const secret = new Secret(body.secret as string);
  const confirmed = await world.post("/account/authenticator/confirm", { code: codeAt({ secret }) }, browser);
  expect(confirmed.status).toBe(200);
  await forgetSteps();
  return { email, browser, secret, codes: confirmed.body.recoveryCodes };
};

const signIn = (email: string, code?: string, password = PASSWORD) =>
  world.post("/sessions", code === undefined ? { email, password } : { email, password, code });

describe("setting one up", () => {
  test("gives a secret with the address for apps, which holds from its first code on", async () => {
    const email = await newcomer();
    const browser = await world.signIn(email);
    const { status, body } = await world.post("/account/authenticator", {}, browser);
    expect(status).toBe(201);
    expect(body.uri).toStartWith("otpauth://totp/Homeport%20");
    expect(body.uri).toContain(`secret=${body.secret}`);
    expect((await signIn(email)).status).toBe(201);
    expect((await world.post("/account/authenticator/confirm", { code: "000000" }, browser)).status).toBe(400);
    const code = codeAt({ secret: new Secret(body.secret) });
    const confirmed = await world.post("/account/authenticator/confirm", { code }, browser);
    expect(confirmed.body.recoveryCodes).toHaveLength(RECOVERY_CODES);
    expect((await signIn(email)).status).toBe(403);
    const state = (await world.get("/account/authenticator", browser)).body;
    expect(state).toEqual({ confirmedAt: expect.any(String), recoveryCodesLeft: RECOVERY_CODES });
  });

  test("again takes removing the first one", async () => {
    const { browser, email } = await enrolled();
    expect((await world.post("/account/authenticator", {}, browser)).status).toBe(409);
    expect((await world.remove("/account/authenticator", browser)).body).toEqual({ removed: 1 });
    expect((await world.remove("/account/authenticator", browser)).body).toEqual({ removed: 0 });
    expect((await signIn(email)).status).toBe(201);
    expect((await world.post("/account/authenticator", {}, browser)).status).toBe(201);
  });

  test("stores the secret sealed, and recovery codes as hashes", async () => {
    const { secret, codes } = await enrolled();
    const rows = await world.database.admin<{ sealed: Buffer }[]>`
      select secret_sealed as sealed from auth.authenticators`;
    for (const { sealed } of rows) expect(sealed.toString("latin1")).not.toContain(secret.reveal());
    const hashes = await world.database.admin<{ hash: Buffer }[]>`
      select code_hash as hash from auth.recovery_codes`;
    for (const { hash } of hashes) expect(hash.length).toBe(32);
    for (const code of codes) expect(code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
  });

  test("and removing it take a proof of the last ten minutes, and a token that names it", async () => {
    const { browser } = await enrolled();
    const token = await world.token(browser);
    expect((await world.remove("/account/authenticator", token.headers)).status).toBe(403);
    await world.database.admin`update auth.sessions set verified_at = now() - interval '11 minutes'`;
    const stale = await world.remove("/account/authenticator", browser);
    expect([stale.status, stale.body.code]).toEqual([403, "unverified"]);
    const form = await world.submit("/account/security/authenticator/remove", { confirm: "yes" }, browser);
    expect(form.headers.get("location")).toStartWith("/sign-in/confirm?next=");
  });
});

describe("signing in with it", () => {
  test("asks for the code once the password was right, and for nothing before", async () => {
    const { email } = await enrolled();
    const asked = await signIn(email);
    expect([asked.status, asked.body.code, asked.headers.get("set-cookie")]).toEqual([403, "unverified", null]);
    expect((await signIn(email, undefined, "wrong password")).status).toBe(401);
    expect((await signIn(email, "000000", "wrong password")).status).toBe(401);
  });

  test("takes a code once", async () => {
    const somebody = await enrolled();
    const code = codeAt(somebody);
    expect((await signIn(somebody.email, code)).status).toBe(201);
    const again = await signIn(somebody.email, code);
    expect([again.status, again.body.errors[0].path]).toEqual([400, "code"]);
    expect((await signIn(somebody.email, codeAt(somebody, 1))).status).toBe(201);
    expect((await signIn(somebody.email, codeAt(somebody))).status).toBe(400); // of a step before one that was used
  });

  test("takes a code once, also when it comes many times at once", async () => {
    const somebody = await enrolled();
    const code = codeAt(somebody);
    const answers = await Promise.all(Array.from({ length: MAX_WRONG_CODES }, () => signIn(somebody.email, code)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  test("takes each recovery code once, however it is typed", async () => {
    const { email, codes, browser } = await enrolled();
    const [first = "", second = ""] = codes;
    const answers = await Promise.all(Array.from({ length: MAX_WRONG_CODES }, () => signIn(email, first)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    await world.database.admin`delete from auth.sign_in_failures`;
    expect((await signIn(email, first)).status).toBe(400);
    expect((await signIn(email, second.replaceAll("-", " ").toLowerCase())).status).toBe(201);
    expect((await world.get("/account/authenticator", browser)).body.recoveryCodesLeft).toBe(RECOVERY_CODES - 2);
  });

  test("takes no old recovery code after new ones were made", async () => {
    const { email, codes, browser } = await enrolled();
    const { body } = await world.post("/account/recovery-codes", {}, browser);
    expect(body.recoveryCodes).toHaveLength(RECOVERY_CODES);
    expect((await signIn(email, codes[0])).status).toBe(400);
    expect((await signIn(email, body.recoveryCodes[0])).status).toBe(201);
  });

  test("is closed after five wrong codes, also for the right one", async () => {
    const somebody = await enrolled();
    for (let i = 0; i < MAX_WRONG_CODES; i += 1) expect((await signIn(somebody.email, "000000")).status).toBe(400);
    const locked = await signIn(somebody.email, codeAt(somebody));
    expect([locked.status, locked.headers.has("retry-after")]).toEqual([429, true]);
  });

  test("of one person takes no code of another", async () => {
    const [one, other] = [await enrolled(), await enrolled()];
    expect((await signIn(one.email, codeAt(other))).status).toBe(400);
    expect((await signIn(one.email, other.codes[0])).status).toBe(400);
  });
});

describe("the pages", () => {
  const firstStep = async (email: string, next = "/projects/shop") => {
    const first = await world.submit("/sign-in", { email, password: PASSWORD, next });
    return { first, waiting: { cookie: cookieOf(first.headers) } };
  };

  test("lead from the password to the code, and on to what was wanted", async () => {
    const somebody = await enrolled();
    const { first, waiting } = await firstStep(somebody.email);
    expect([first.status, first.headers.get("location")]).toEqual([303, "/sign-in/code?next=%2Fprojects%2Fshop"]);
    expect(first.headers.get("set-cookie")).toMatch(/^homeport-sign-in=.*HttpOnly; SameSite=Lax; Max-Age=600$/);
    expect((await world.get("/me", waiting)).status).toBe(401);
    expect((await world.request("/sign-in/code?next=%2Fprojects%2Fshop", { headers: waiting })).status).toBe(200);
    const wrong = await world.submit("/sign-in/code", { code: "000000", next: "/projects/shop" }, waiting);
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain("The code is wrong, or was used already");
    const code = codeAt(somebody);
    const done = await world.submit("/sign-in/code", { code, next: "/projects/shop" }, waiting);
    expect([done.status, done.headers.get("location")]).toEqual([303, "/projects/shop"]);
    expect((await world.get("/me", { cookie: cookieOf(done.headers) })).status).toBe(200);
    const again = await world.submit("/sign-in/code", { code: codeAt(somebody, 1), next: "/" }, waiting);
    expect(again.headers.get("location")).toStartWith("/sign-in?next=");
  });

  test("begin anew without the cookie, after ten minutes, and after too many tries", async () => {
    const somebody = await enrolled();
    const stranger = await world.request("/sign-in/code");
    expect(stranger.headers.get("location")).toBe("/sign-in?next=%2Fprojects");
    const { waiting } = await firstStep(somebody.email);
    for (let i = 0; i < MAX_WRONG_CODES; i += 1) await world.submit("/sign-in/code", { code: "000000" }, waiting);
    await world.database.admin`delete from auth.sign_in_failures`;
    const tired = await world.submit("/sign-in/code", { code: codeAt(somebody) }, waiting);
    expect(tired.headers.get("location")).toStartWith("/sign-in?next=");
    const later = (await firstStep(somebody.email)).waiting;
    await world.database.admin`update auth.pending_sign_ins set expires_at = now()`;
    expect((await world.request("/sign-in/code", { headers: later })).status).toBe(303);
  });

  test("hold nothing open for who was suspended in between", async () => {
    const somebody = await enrolled();
    const { waiting } = await firstStep(somebody.email);
    await world.database.admin`update auth.people set suspended_at = now() where email = ${somebody.email}`;
    const refused = await world.submit("/sign-in/code", { code: codeAt(somebody) }, waiting);
    expect([refused.status, refused.headers.get("set-cookie")]).toEqual([422, null]);
    expect(await refused.text()).toContain("You cannot sign in here");
  });

  test("lead on through a gate without a redirect of the form", async () => {
    const somebody = await enrolled();
    const gate: GateRequest = {
      host: "shop.example",
      scope: "*.example",
      organisationId: null,
      origin: "https://shop.example",
      state: "the hash of a cookie",
    };
    const request = signClaims(
      gateRequestKey(world.platform.config.appSecret),
      gate,
      new Date(Date.now() + GATE_REQUEST_MS),
    );
    const next = `/sign-in/gate?${new URLSearchParams({ host: gate.host, return: "/", request })}`;
    const { first, waiting } = await firstStep(somebody.email, next);
    const form = await world.request(first.headers.get("location") ?? "", { headers: waiting });
    expect(await form.text()).toContain('data-hp-reload=""');
    const done = await world.submit("/sign-in/code", { code: codeAt(somebody), next }, waiting);
    expect([done.status, done.headers.get("refresh")]).toEqual([200, `0; url=${next}`]);
  });

  test("set one up with a QR code, and show the recovery codes once", async () => {
    const email = await newcomer();
    const browser = await world.signIn(email);
    expect(await (await world.request("/account/security", { headers: browser })).text()).toContain(
      "Set up an authenticator",
    );
    const page = await (await world.submit("/account/security/authenticator", { next: "/projects" }, browser)).text();
    expect(page).toContain("<svg");
    const secret = new Secret(/data-hp-copy="([A-Z2-7]{32})"/.exec(page)?.[1] ?? "");
    const wrong = await world.submit("/account/security/authenticator/confirm", { code: "000000" }, browser);
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain(secret.reveal());
    const done = await world.submit(
      "/account/security/authenticator/confirm",
      { code: codeAt({ secret }), next: "/projects" },
      browser,
    );
    expect((await done.text()).match(/([A-Z2-7]{4}-){3}[A-Z2-7]{4}/g)?.length).toBeGreaterThanOrEqual(RECOVERY_CODES);
    const after = await (await world.request("/account/security", { headers: browser })).text();
    expect(after).toContain("recovery codes left");
    expect(after).not.toContain(secret.reveal());
    const asked = await world.submit("/account/security/authenticator/remove", {}, browser);
    expect(await asked.text()).toContain("Remove the authenticator?");
    await world.submit("/account/security/authenticator/remove", { confirm: "yes" }, browser);
    expect((await signIn(email)).status).toBe(201);
  });

  test("lead who has none to set one up, where everybody is asked for one", async () => {
    const [without, having] = [await newcomer(), await enrolled()];
    await storeSettings(world, { "require-second-factor": true });
    const sent = await world.submit("/sign-in", { email: without, password: PASSWORD, next: "/projects/shop" });
    expect(sent.headers.get("location")).toBe("/account/security?next=%2Fprojects%2Fshop");
    const page = await world.request("/account/security", { headers: { cookie: cookieOf(sent.headers) } });
    expect(await page.text()).toContain("Everybody here is asked to have a second factor.");
    const { waiting } = await firstStep(having.email);
    const done = await world.submit("/sign-in/code", { code: codeAt(having), next: "/projects" }, waiting);
    expect(done.headers.get("location")).toBe("/projects");
    await storeSettings(world, { "require-second-factor": false });
  });
});

test("what is done to it is in the audit log and told to others, without the secret", async () => {
  const { email, secret, codes } = await enrolled();
  expect((await signIn(email, codes[0])).status).toBe(201);
  const entries = await world.database.admin<{ content: string }[]>`select content from platform.audit_entries`;
  const events = await world.database.admin<{ data: unknown }[]>`select type, data from platform.events`;
  const all = JSON.stringify([...entries, ...events]);
  expect(all).toContain("authenticator:confirm");
  expect(all).toContain("authenticator:recover");
  expect(all).toContain("auth.authenticator.confirmed");
  for (const hidden of [secret.reveal(), ...codes]) expect(all).not.toContain(hidden);
  expect(all).not.toContain(PASSWORD);
  expect(all).not.toContain("argon2");
});
