import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CliWorld, type Somebody, startCliWorld } from "./world.ts";

setDefaultTimeout(60_000); // each test starts processes

let world: CliWorld;
/** Owns the organisation as Ada does, and does not run the platform. */
let olga: Somebody;
beforeAll(async () => {
  world = await startCliWorld();
  olga = await world.join("olga@example.com", "owner");
});
afterAll(() => world?.stop());

const refused = { code: 1, stdout: "" };
const ada = (args: string[], stdin?: string) => world.cli(args, world.ada.token, stdin === undefined ? {} : { stdin });

describe("settings", () => {
  const days = "logging.runtime-days";
  const get = async (name: string) => (await ada(["settings", "get", name])).stdout.trim();

  test("are read, set by their type, all or none, and reset", async () => {
    expect(await get(days)).toBe("14");
    expect(await world.json(["settings", "set", `${days}=21`, "auth.password-sign-in=true"])).toEqual({
      changed: expect.arrayContaining([days]),
    });
    const [set] = (await world.json(["settings", "list", "--app", "logging"])).filter(
      (each: { name: string }) => each.name === days,
    );
    expect(set).toMatchObject({ value: 21, source: "stored", changedBy: "Ada" });
    expect((await ada(["settings", "list"])).stdout).toMatch(/logging\.runtime-days +21 +stored/);
    const half = await ada(["settings", "set", `${days}=22`, "auth.session-idle-days=never"]);
    expect(half).toMatchObject({ ...refused, stderr: expect.stringContaining("auth.session-idle-days") });
    expect(await get(days)).toBe("21");
    expect((await ada(["settings", "reset", days])).stdout).toBe(`Changed ${days}.\n`);
    expect(await get(days)).toBe("14");
    expect((await ada(["settings", "reset", days])).stdout).toBe("Nothing changed.\n");
  });

  test("that are secrets come from a file or standard input, and never back", async () => {
    const secret = (await world.json(["settings", "list"])).find(
      (each: { declaration: { type: string } }) => each.declaration.type === "secret",
    ).name;
    const typed = await ada(["settings", "set", `${secret}=hunter2`]);
    expect([typed.code, typed.stdout]).toEqual([2, ""]);
    expect(typed.stderr).toContain("is a secret");
    expect(typed.stderr).not.toContain("hunter2");
    expect((await ada(["settings", "set", `${secret}=-`], "hunter2\n")).code).toBe(0);
    writeFileSync(join(world.dir, "secret.txt"), "hunter3");
    expect((await ada(["settings", "set", `${secret}=@secret.txt`])).code).toBe(0);
    expect(await get(secret)).toBe("(set)");
    for (const args of [
      ["settings", "list"],
      ["settings", "export"],
      ["audit", "list", "--instance"],
    ]) {
      expect(JSON.stringify(await world.json(args))).not.toContain("hunter");
    }
  });

  test("are exported, and imported after a look at what that would change", async () => {
    await world.json(["settings", "set", "logging.build-days=60"]);
    const exported = (await ada(["settings", "export"])).stdout;
    await world.json(["settings", "reset", "logging.build-days"]);
    const dry = await ada(["settings", "import", "-", "--dry-run"], exported);
    expect(dry.stdout).toMatch(/logging\.build-days +90 +60/);
    expect(dry.stderr).toContain("nothing was");
    writeFileSync(join(world.dir, "settings.json"), exported);
    expect(await world.json(["settings", "import", "settings.json"])).toMatchObject({ applied: true, unknown: [] });
    expect(await get("logging.build-days")).toBe("60");
    expect(await ada(["settings", "import", "-"], "settings")).toMatchObject({ code: 2, stdout: "" });
    const foreign = exported.replace("logging.build-days", "logging.unheard-of");
    const strict = await ada(["settings", "import", "-", "--strict"], foreign);
    expect(strict).toMatchObject({ ...refused, stderr: expect.stringContaining("logging.unheard-of") });
  });

  test("are not for owners of an organisation, and none that is not there", async () => {
    for (const args of [
      ["settings", "list"],
      ["settings", "set", `${days}=1`],
      ["keys", "list"],
      ["keys", "rotate"],
    ]) {
      expect(await world.cli(args, olga.token)).toMatchObject(refused);
    }
    const { stderr } = await world.cli(["keys", "list"], (await world.join("erin@example.com", "owner")).token);
    expect(stderr).toBe("There is nothing at this address.\n");
    const unknown = await ada(["settings", "get", "logging.colour"]);
    expect(unknown).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("homeport settings list") });
  });
});

test("keys are rotated by a token that names it, and listed; the one in use is not removed", async () => {
  const implied = await ada(["keys", "rotate"]);
  expect([implied.code, implied.stderr]).toEqual([1, expect.stringContaining("scopes name key:rotate")]);
  expect(implied.stderr).toContain(`${world.url}/account/tokens`);
  const named = await world.token(world.ada.cookie, ["key:read", "key:rotate"]);
  const { id } = await world.json(["keys", "rotate"], named);
  const [newest] = (await world.json(["keys", "list"])).filter((key: { id: number }) => key.id === id);
  expect(["next", "active"]).toContain(newest.state);
  expect((await ada(["keys", "list"])).stdout).toMatch(new RegExp(`\\n${id} +(next|active)`));
  const inUse = await world.cli(["keys", "remove", String(id)], named);
  expect([inUse.code, inUse.stdout]).toEqual([1, ""]);
});

describe("audit", () => {
  test("lists what was done, narrowed to what is asked for", async () => {
    await world.json(["team", "create", "audited"]);
    const [entry, ...others] = await world.json(["audit", "list", "--action", "team:", "--text", "audited"]);
    expect(entry).toMatchObject({ action: "team:create", actor: { name: "Ada", credential: { kind: "token" } } });
    expect(others).toEqual([]);
    expect((await ada(["audit", "list", "--limit", "1"])).stdout.trim().split("\n")).toHaveLength(2);
    expect((await ada(["audit", "list", "--from", "2099-01-01"])).stderr).toBe("There is no such entry.\n");
    expect(await ada(["audit", "list", "--project", "nowhere"])).toMatchObject(refused);
  });

  test("is verified by the platform, the platform's own log too", async () => {
    const own = await ada(["audit", "verify"]);
    expect([own.code, own.stdout]).toEqual([
      0,
      expect.stringMatching(/^Intact: entries 1 to \d+\.\nHead: \d+ \w{64}\n$/),
    ]);
    expect(await world.json(["audit", "verify", "--instance"])).toMatchObject({ ok: true });
    expect(await world.cli(["audit", "verify", "--instance"], olga.token)).toMatchObject(refused);
    const viewer = await world.join("victor@example.com", "viewer");
    for (const args of [
      ["audit", "list"],
      ["audit", "export"],
      ["audit", "verify"],
    ]) {
      expect(await world.cli(args, viewer.token)).toMatchObject(refused);
    }
  });

  test("is exported as a file that is verified without the platform, and shows what was altered in it", async () => {
    await world.json(["team", "create", "exported"]);
    const { stdout } = await ada(["audit", "export"]);
    const verify = (text: string, ...more: string[]) => {
      writeFileSync(join(world.dir, "audit.jsonl"), text);
      return world.cli(["audit", "verify", "--file", "audit.jsonl", ...more]);
    };
    const lines = stdout.trimEnd().split("\n");
    const { head } = await world.json(["audit", "verify"]);
    expect(await verify(stdout)).toEqual({
      code: 0,
      stdout: `Intact: entries 1 to ${lines.length}.\nHead: ${head.seq} ${head.hash}\n`,
      stderr: expect.stringContaining("compare the head with the platform's"),
    });
    const altered = stdout.replace("team:create", "team:remove");
    const broken = JSON.parse((await verify(altered, "--json")).stdout);
    expect(broken.ok).toBe(false);
    expect(broken.why).toContain("altered");
    expect(await verify(altered)).toEqual({
      ...refused,
      stderr: `Broken at entry ${broken.brokenAt}: ${broken.why}\n`,
    });
    expect(await verify(lines.toSpliced(1, 1).join("\n"))).toMatchObject({
      ...refused,
      stderr: expect.stringContaining("entry 2"),
    });
    const csv = await ada(["audit", "export", "--format", "csv", "--action", "team:"]);
    expect(csv.stdout).toContain("team:create");
  });
});
