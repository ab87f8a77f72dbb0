import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type CliWorld, startCliWorld } from "./world.ts";

setDefaultTimeout(60_000); // each test starts processes, and a code is looked at every five seconds

let world: CliWorld;
beforeAll(async () => {
  world = await startCliWorld();
});
afterAll(() => world?.stop());

/** Starts a login by a code in a folder of its own. */
const startLogin = async () => {
  const configDir = join(world.dir, Bun.randomUUIDv7());
  const child = world.start(["login", "--url", world.url], configDir);
  let told = "";
  const reading = (async () => {
    for await (const chunk of child.stderr) told += new TextDecoder().decode(chunk);
  })();
  const userCode = await waitFor(() => /[A-Z]{4}-[A-Z]{4}/.exec(told)?.[0], { message: "no code was shown" });
  return {
    configDir,
    userCode,
    async end() {
      const [code, stdout] = await Promise.all([child.exited, new Response(child.stdout).text(), reading]);
      return { code, stdout, stderr: told, isSaved: existsSync(join(configDir, "homeport", "login.json")) };
    },
  };
};
const decide = (code: string, decision: string, cookie = world.ada.cookie) =>
  world.submit("/device/decide", cookie, { code, decision });

describe("a login by a code", () => {
  test("that is approved in a browser is that person's, until they log out", async () => {
    const login = await startLogin();
    expect(await decide(login.userCode, "approve")).toBe(200);
    const ended = await login.end();
    expect(ended).toMatchObject({ code: 0, isSaved: true });
    expect(ended.stdout).toBe(`Signed in to ${world.url} as ada@example.com, owner of home.\n`);
    const { configDir } = login;
    const saved = JSON.parse(readFileSync(join(configDir, "homeport", "login.json"), "utf8"));
    const who = await world.cli(["whoami"], undefined, { configDir });
    expect(who.stdout).toBe(`${world.url} as ada@example.com, owner of home; owner of the platform\n`);
    const out = await world.cli(["logout"], undefined, { configDir });
    expect(out).toEqual({ code: 0, stdout: "Signed out.\n", stderr: "" });
    expect(await world.cli(["whoami"], saved.token)).toEqual({ code: 1, stdout: "", stderr: "Sign in first.\n" });
  });

  test("that is denied, and one whose code expires, end without a login", async () => {
    const [denied, late] = [await startLogin(), await startLogin()];
    expect(await decide(denied.userCode, "deny")).toBe(200);
    await world.platform.database.admin`
      update auth.device_codes set expires_at = now() - interval '1 second' where user_code = ${late.userCode}`;
    expect(await denied.end()).toMatchObject({
      code: 1,
      isSaved: false,
      stderr: expect.stringContaining("was denied"),
    });
    expect(await late.end()).toMatchObject({ code: 1, isSaved: false, stderr: expect.stringContaining("has expired") });
  });
});

describe("tokens", () => {
  test("are made narrow, listed and revoked", async () => {
    const args = ["token", "create", "--name", "reads", "--scope", "profile:read", "token:*", "--expires-in-days", "3"];
    const made = await world.cli([...args, "--quiet"], world.ada.token);
    expect(made).toEqual({ code: 0, stdout: expect.stringMatching(/^hp_\w+\n$/), stderr: "" });
    const token = made.stdout.trim();
    const [found] = (await world.json(["token", "list"])).filter((each: { name: string }) => each.name === "reads");
    expect(found).toMatchObject({ scopes: ["profile:read", "token:*"], hint: `${token.slice(0, 9)}…` });
    expect(JSON.stringify(found)).not.toContain(token);
    expect((await world.json(["whoami"], token)).person.email).toBe("ada@example.com");
    expect(await world.cli(["member", "list"], token)).toMatchObject({ code: 1, stdout: "" });
    expect(await world.json(["token", "revoke", found.id])).toEqual({ removed: 1 });
    expect(await world.cli(["whoami"], token)).toMatchObject({ code: 1, stderr: "Sign in first.\n" });
  });

  test("hand on no more than they have, and name projects that are there", async () => {
    const narrow = await world.token(world.ada.cookie, ["token:*"]);
    const wider = await world.cli(["token", "create", "--name", "x", "--scope", "member:read"], narrow);
    expect(wider).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("does not cover member:read") });
    const nowhere = ["token", "create", "--name", "x", "--project", "nowhere"];
    expect(await world.cli(nowhere, world.ada.token)).toMatchObject({ code: 1, stdout: "" });
    const dangerous = ["token", "create", "--name", "x", "--scope", "organisation:remove"];
    expect(await world.cli(dangerous, world.ada.token)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("does not name organisation:remove in full"),
    });
  });
});

test("a service account signs in, is known by its organisation, and sees the status", async () => {
  await world.json(["service-account", "create", "robot", "--role", "viewer"]);
  const made = await world.json(["service-account", "token", "create", "robot", "--name", "pipeline"]);
  const configDir = join(world.dir, "robot");
  const login = await world.cli(["login", "--url", world.url, "--token", "-"], undefined, {
    configDir,
    stdin: `${made.token}\n`,
  });
  expect([login.code, login.stdout]).toEqual([
    0,
    expect.stringContaining("as service account robot of home, role viewer"),
  ]);
  expect(await world.json(["status"], made.token)).toMatchObject({ person: null, nodes: [], services: [] });
  const out = await world.cli(["logout"], undefined, { configDir });
  expect([out.code, out.stderr]).toEqual([0, expect.stringContaining("could not be revoked from here")]);
});
