import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { MAX_DEVICE_CODES, MAX_WRONG_USER_CODES } from "../src/device-code.ts";
import { ADA, startWorld, type World } from "./world.ts";

let world: World;
let browser: { cookie: string };
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  await world.database.admin`delete from auth.sign_in_failures`;
  await world.database.admin`delete from auth.device_codes`;
  browser = await world.signIn();
});

const start = async (clientName = "ada-laptop") => {
  const { status, body } = await world.post("/device/code", { clientName }, { "x-forwarded-for": "10.4.4.4" });
  expect(status).toBe(201);
  return body as Record<string, string> & { deviceCode: string; userCode: string };
};

const look = (deviceCode: string) => world.post("/device/token", { deviceCode });

/** As if the device had waited as long as it should. */
const wait = () => world.database.admin`update auth.device_codes set polled_at = polled_at - interval '1 minute'`;

const decide = (code: string, decision: string, by: Record<string, string> = browser) =>
  world.submit("/device/decide", { code, decision }, by);

describe("a command line", () => {
  test("gets a code for itself and one for its person, with the platform's own address", async () => {
    const started = await start();
    expect(started.userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    const base = world.platform.config.appUrl.origin;
    expect(started).toMatchObject({
      verificationUri: `${base}/device`,
      verificationUriComplete: `${base}/device?code=${started.userCode}`,
      expiresIn: 600,
      interval: 5,
    });
  });

  test("gets a token once its person has said yes, and that one time", async () => {
    const { deviceCode, userCode } = await start();
    expect((await look(deviceCode)).body).toEqual({ state: "pending", interval: 5 });
    const shown = await (
      await world.submit("/device", { code: userCode.toLowerCase().replace("-", " ") }, browser)
    ).text();
    for (const told of ["ada-laptop", "10.4.4.4", ADA]) expect(shown).toContain(told);
    expect(await (await decide(userCode, "approve")).text()).toContain("It is signed in");
    await wait();
    const { body } = await look(deviceCode);
    expect(body).toMatchObject({ state: "approved", organisation: "home" });
    const days = (Date.parse(body.expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
    const bearer = { authorization: `Bearer ${body.token}` };
    expect((await world.get("/me", bearer)).body.person.email).toBe(ADA);
    const tokens = (await world.get("/tokens", browser)).body.items;
    expect(tokens[0]).toMatchObject({ id: body.tokenId, name: "CLI on ada-laptop", scopes: ["*"] });
    expect((await look(deviceCode)).body).toEqual({ state: "expired" });
  });

  test("gets one token, also when it looks many times at once", async () => {
    const { deviceCode, userCode } = await start();
    await decide(userCode, "approve");
    const answers = await Promise.all(Array.from({ length: 10 }, () => look(deviceCode)));
    expect(answers.filter(({ body }) => body.state === "approved").length).toBeLessThanOrEqual(1);
    await world.database.admin`update auth.device_codes set polled_at = null`;
    const last = await look(deviceCode);
    const approved = [...answers, last].filter(({ body }) => body.state === "approved");
    expect(approved).toHaveLength(1);
  });

  test("that looks too early has to wait longer from then on", async () => {
    const { deviceCode } = await start();
    await look(deviceCode);
    expect((await look(deviceCode)).body).toEqual({ state: "slow_down", interval: 10 });
    expect((await look(deviceCode)).body).toEqual({ state: "slow_down", interval: 15 });
    await wait();
    expect((await look(deviceCode)).body).toEqual({ state: "pending", interval: 15 });
  });

  test("is told a no, and that its time is up", async () => {
    const [refused, late] = [await start(), await start()];
    expect(await (await decide(refused.userCode, "deny")).text()).toContain("It was refused");
    expect((await look(refused.deviceCode)).body).toEqual({ state: "denied" });
    await world.database.admin`update auth.device_codes set expires_at = now()`;
    expect((await look(late.deviceCode)).body).toEqual({ state: "expired" });
    expect((await decide(late.userCode, "approve")).status).toBe(422);
    expect((await look("nonsense")).body).toEqual({ state: "expired" });
  });

  test("gets nothing by somebody who was suspended since", async () => {
    await world.addPerson("bob@example.com", "viewer");
    const { deviceCode, userCode } = await start();
    await decide(userCode, "approve", await world.signIn("bob@example.com"));
    await world.database.admin`update auth.people set suspended_at = now() where email = 'bob@example.com'`;
    expect((await look(deviceCode)).body).toEqual({ state: "denied" });
  });

  test("asks for so many codes from one address and no more", async () => {
    const ask = () => world.post("/device/code", { clientName: "x" }, { "x-forwarded-for": "10.5.5.5" });
    for (let i = 0; i < MAX_DEVICE_CODES; i += 1) expect((await ask()).status).toBe(201);
    expect((await ask()).status).toBe(429);
  });

  test("says who it is", async () => {
    for (const clientName of ["", "  ", "x".repeat(101)]) {
      expect((await world.post("/device/code", { clientName })).status).toBe(400);
    }
  });
});

describe("its person", () => {
  test("has to be signed in, with a browser, and comes back to the code", async () => {
    const { userCode } = await start();
    const stranger = await world.request(`/device?code=${userCode}`);
    expect(stranger.headers.get("location")).toBe(`/sign-in?next=${encodeURIComponent(`/device?code=${userCode}`)}`);
    expect(await (await world.request(`/device?code=${userCode}`, { headers: browser })).text()).toContain(userCode);
    const token = await world.token(browser);
    expect((await decide(userCode, "approve", token.headers)).status).toBe(422);
    expect((await world.post("/device/token", { deviceCode: userCode })).body).toEqual({ state: "expired" });
  });

  test("decides once", async () => {
    const { userCode } = await start();
    const answers = await Promise.all(["approve", "deny", "approve"].map((decision) => decide(userCode, decision)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("types ten wrong codes in a quarter of an hour and no more", async () => {
    const { userCode } = await start();
    for (let i = 0; i < MAX_WRONG_USER_CODES; i += 1) {
      const wrong = await world.submit("/device", { code: "BCDF-GHJK" }, browser);
      expect(wrong.status).toBe(422);
      expect(await wrong.text()).toContain("There is no such code that waits");
    }
    expect((await world.submit("/device", { code: userCode }, browser)).status).toBe(429);
    expect((await decide(userCode, "approve")).status).toBe(429);
  });

  test("is not sent there by a form of another site", async () => {
    const { userCode } = await start();
    const headers = { ...browser, origin: "http://evil.example", "x-forwarded-host": "localhost:3000" };
    expect((await decide(userCode, "approve", headers)).status).toBe(403);
  });
});
