import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runCli, startCli } from "./run-cli.ts";
import { AT, me, problem, startStubPlatform, whoami } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
const root = mkdtempSync(join(tmpdir(), "hp-cli-"));
let configDir = "";
let file = "";
let count = 0;
afterAll(async () => {
  await platform.stop();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  platform.reset();
  platform.on("GET /auth/whoami", whoami);
  platform.on("GET /auth/me", me);
  count += 1;
  configDir = join(root, String(count));
  file = join(configDir, "homeport", "login.json");
});

const cli = (args: string[], stdin?: string) => runCli(args, { configDir, ...(stdin === undefined ? {} : { stdin }) });
const saved = () => JSON.parse(readFileSync(file, "utf8"));
const signedIn = () => `Signed in to ${platform.url} as ada@example.com, owner of home.\n`;
const signIn = (token = "hp_secret") => cli(["login", "--url", platform.url, "--token", token]);

describe("a login with a token", () => {
  test("is checked, kept where only its owner reads it, and used", async () => {
    const { code, stdout } = await cli(["login", "--url", `${platform.url}/projects`, "--token", "-"], "hp_secret\n");
    expect([code, stdout]).toEqual([0, signedIn()]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(saved()).toEqual({ url: platform.url, token: "hp_secret" });
    const who = await cli(["whoami"]);
    expect([who.code, who.stdout]).toEqual([0, `${platform.url} as ada@example.com, owner of home\n`]);
    expect(platform.seen.at(-1)?.authorization).toBe("Bearer hp_secret");
  });

  test("that is nobody's is refused, and the one before stays", async () => {
    await signIn();
    platform.on("GET /auth/whoami", () => problem(401, "unauthenticated", "Sign in first."));
    expect(await signIn("hp_wrong")).toEqual({ code: 1, stdout: "", stderr: "Sign in first.\n" });
    expect(saved()).toMatchObject({ token: "hp_secret" });
  });

  test("of a service account, and one that may not say whose it is, are logins too", async () => {
    platform.on("GET /auth/me", () => problem(403, "forbidden", "This token's scopes do not cover profile:read here."));
    platform.on("GET /auth/whoami", { ...whoami, kind: "service", name: "ci", role: "deployer" });
    const service = await signIn();
    expect([service.code, service.stdout]).toEqual([
      0,
      expect.stringContaining("as service account ci of home, role deployer"),
    ]);
    platform.on("GET /auth/whoami", { ...whoami, scopes: ["log:read"] });
    expect((await signIn()).stdout).toContain("with a token of somebody who is owner of home");
    const who = await cli(["whoami", "--json"]);
    const { organisation, role } = me;
    const place = { organisation, role, instanceRole: null, scopes: ["log:read"] };
    expect([who.code, JSON.parse(who.stdout)]).toEqual([
      0,
      { url: platform.url, person: null, serviceAccount: null, ...place },
    ]);
  });

  test("needs an address the first time only", async () => {
    const first = await cli(["login", "--token", "hp_x"]);
    expect([first.code, first.stderr]).toEqual([2, expect.stringContaining("homeport login --url")]);
    await signIn();
    expect(await cli(["login", "--token", "hp_other"])).toMatchObject({ code: 0 });
    expect(saved()).toEqual({ url: platform.url, token: "hp_other" });
  });
});

describe("a login by a code", () => {
  const started = {
    deviceCode: "for the command line alone",
    userCode: "BCDF-GHJK",
    verificationUri: "http://home.test/device",
    verificationUriComplete: "http://home.test/device?code=BCDF-GHJK",
    expiresIn: 600,
    interval: 0,
  };
  const approved = {
    state: "approved",
    token: "hp_device",
    tokenId: me.person.id,
    organisation: "home",
    expiresAt: AT,
  };
  /** Each look gets the next answer, and the last one for ever. */
  const answer = (answers: (Record<string, unknown> | (() => Response))[], more = {}) => {
    platform.on("POST /auth/device/code", () => Response.json({ ...started, ...more }, { status: 201 }));
    platform.on("POST /auth/device/token", () => {
      const next = answers.length > 1 ? answers.shift() : answers[0];
      return typeof next === "function" ? next() : Response.json(next);
    });
  };
  const login = () => cli(["login", "--url", platform.url]);

  test("shows where to go and what to type, waits, and saves the token it is given", async () => {
    answer([{ state: "pending", interval: 0 }, { state: "slow_down", interval: 0 }, approved]);
    const { code, stdout, stderr } = await login();
    expect([code, stdout]).toEqual([0, signedIn()]);
    for (const text of ["Open http://home.test/device in", "    BCDF-GHJK\n", started.verificationUriComplete]) {
      expect(stderr).toContain(text);
    }
    expect(saved()).toEqual({ url: platform.url, token: "hp_device" });
    const looks = platform.seen.filter(({ route }) => route === "POST /auth/device/token");
    expect(looks.map(({ body }) => body)).toEqual(Array(3).fill({ deviceCode: started.deviceCode }));
    expect(stderr + stdout).not.toContain(started.deviceCode);
    expect(stderr + stdout).not.toContain("hp_device");
  });

  test("waits as long as it is told to, and longer once it is told to slow down", async () => {
    const looks: number[] = [];
    const now = (state: Record<string, unknown>) => () => {
      looks.push(performance.now());
      return Response.json(state);
    };
    answer([now({ state: "pending", interval: 0 }), now({ state: "slow_down", interval: 1 }), now(approved)]);
    expect((await login()).code).toBe(0);
    expect((looks[2] ?? 0) - (looks[1] ?? 0)).toBeGreaterThan(990);
  });

  test("outlives a platform that restarts meanwhile", async () => {
    answer([() => problem(503, "unavailable", "Not now."), approved]);
    expect(await login()).toMatchObject({ code: 0, stdout: signedIn() });
  });

  const ends: { name: string; answers: Record<string, unknown>[]; more?: Record<string, unknown>; says: string }[] = [
    { name: "was denied", answers: [{ state: "denied" }], says: "It was denied in the browser." },
    { name: "has expired", answers: [{ state: "expired" }], says: "The code has expired." },
    {
      name: "nobody looked at in time",
      answers: [{ state: "pending", interval: 0 }],
      more: { expiresIn: 0 },
      says: "The code has expired.",
    },
  ];
  for (const { name, answers, more, says } of ends) {
    test(`that ${name} says so, exit 1, and saves nothing`, async () => {
      answer(answers, more);
      const { code, stdout, stderr } = await login();
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(says);
      expect(existsSync(file)).toBe(false);
    });
  }

  test("that is given up with Ctrl-C ends at once, and saves nothing", async () => {
    answer([{ state: "pending", interval: 60 }], { interval: 60 });
    const child = startCli(["login", "--url", platform.url], { configDir });
    let told = "";
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream() as never) as AsyncIterable<string>) {
      if (!told.includes("Ctrl-C") && (told + chunk).includes("Ctrl-C")) child.kill("SIGINT");
      told += chunk;
    }
    expect(await child.exited).toBe(1);
    expect(told).toContain("Given up. Nothing was saved.");
    expect(existsSync(file)).toBe(false);
  });
});

describe("a logout", () => {
  const token = (hint: string, id = me.person.id) => ({ id, name: "x", hint, scopes: ["*"], createdAt: AT });
  const revokes = () => platform.routesSeen().filter((route) => route.startsWith("DELETE"));

  test("revokes the token and forgets it", async () => {
    await signIn();
    platform.on("GET /auth/tokens", { items: [token("hp_other…", Bun.randomUUIDv7()), token("hp_sec…")] });
    platform.on("DELETE /auth/tokens/:id", { removed: 1 });
    expect(await cli(["logout"])).toEqual({ code: 0, stdout: "Signed out.\n", stderr: "" });
    expect(revokes()).toEqual([`DELETE /auth/tokens/${me.person.id}`]);
    expect(existsSync(file)).toBe(false);
  });

  test("revokes none that it cannot tell from another, and says so", async () => {
    await signIn();
    platform.on("GET /auth/tokens", { items: [token("hp_sec…"), token("hp_sec…", Bun.randomUUIDv7())] });
    const { code, stdout, stderr } = await cli(["logout", "--json"]);
    expect([code, JSON.parse(stdout)]).toEqual([0, { revoked: false }]);
    expect(stderr).toContain("works until it expires");
    expect([revokes(), existsSync(file)]).toEqual([[], false]);
  });

  test("forgets the token of a platform that is gone, one that has ended, and none at all", async () => {
    await signIn();
    platform.on("GET /auth/tokens", () => problem(503, "unavailable", "Not now."));
    expect(await cli(["logout"])).toMatchObject({ code: 0, stderr: expect.stringContaining("works until it expires") });
    await signIn();
    platform.on("GET /auth/tokens", () => problem(401, "unauthenticated", "Sign in first."));
    expect(await cli(["logout"])).toEqual({ code: 0, stdout: "Signed out.\n", stderr: "" });
    expect(await cli(["logout"])).toEqual({ code: 0, stdout: "There was no saved login.\n", stderr: "" });
  });
});
