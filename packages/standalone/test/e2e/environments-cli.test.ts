import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPlatform, type TestPlatform } from "./platform.ts";
import { smallServer, writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
const PROJECT = ["--project", "shop"];
const API = [...PROJECT, "--service", "api"];
const STAGING = [...API, "--environment", "staging"];
let platform: TestPlatform;
const dir = mkdtempSync(join(tmpdir(), "hp-environments-"));

beforeAll(async () => {
  platform = await startPlatform("process", {});
  writeFiles(dir, smallServer("one"));
}, 5 * MINUTE);
afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

const textAt = async (url: string): Promise<string> => (await fetch(url)).text();
const variablesAt = async (url: string): Promise<Record<string, string>> => JSON.parse(await textAt(`${url}/env`));

/** Runs a command that has to succeed; what it printed. */
const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await platform.cli(args);
  if (code !== 0) throw new Error(`homeport ${args.join(" ")} exited ${code}: ${stdout}${stderr}`);
  return stdout;
};

test(
  "an environment is made, deployed to, promoted from and removed by the command line alone",
  async () => {
    const production = await platform.cliJson(["deploy", dir, ...API, "--wait"]);
    const missing = await platform.cli(["deploy", dir, ...STAGING]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("homeport environment create staging")]);
    await ok("environment", "create", "staging", ...PROJECT);
    expect(await ok("environment", "list", ...PROJECT)).toMatch(/^production[\s\S]*^staging/m);

    writeFiles(dir, smallServer("two"));
    await ok("env", "set", ...STAGING, "PLACE=staging");
    await ok("env", "set", ...API, "PLACE=production");
    const staging = await platform.cliJson(["deploy", dir, ...STAGING, "--wait"]);
    expect([await textAt(staging.url), await textAt(production.url)]).toEqual(["two", "one"]);
    expect((await variablesAt(staging.url)).PLACE).toBe("staging");
    expect(await ok("logs", ...STAGING)).toContain("listening on");

    const promoted = await platform.cliJson(["promote", ...API, "--from", "staging", "--to", "production", "--wait"]);
    expect(promoted).toMatchObject({ state: "live", digest: staging.digest, url: production.url });
    expect([await textAt(production.url), (await variablesAt(production.url)).PLACE]).toEqual(["two", "production"]);

    await ok("group", "create", "backend", ...PROJECT);
    await ok("group", "add", "backend", "api", ...PROJECT);
    const set = await ok("env", "set", ...PROJECT, "--scope", "group:backend", "REGION=eu", "--apply", "--wait");
    expect(set).toContain("Deploying api in production, api in staging.");
    for (const { url } of [production, staging]) expect((await variablesAt(url)).REGION).toBe("eu");
    expect(await ok("env", "set", ...PROJECT, "--scope", "group:backend", "REGION=us", "--stage")).toContain(
      "1 change waits",
    );
    await ok("changes", "apply", ...PROJECT, "--wait");
    for (const { url } of [production, staging]) expect((await variablesAt(url)).REGION).toBe("us");

    const [, , first] = await platform.cliJson(["releases", ...STAGING]);
    expect(first).toMatchObject({ number: 1, digest: staging.digest });
    await ok("release", "keep", "1", ...STAGING);
    await ok("rollback", ...STAGING, "--to", "1", "--wait");
    expect((await variablesAt(staging.url)).REGION).toBeUndefined();
    expect((await variablesAt(production.url)).REGION).toBe("us");

    await ok("environment", "remove", "staging", ...PROJECT);
    expect(await ok("environment", "list", ...PROJECT)).not.toContain("staging");
    expect((await fetch(staging.url)).ok).toBe(false);
    expect(await textAt(production.url)).toBe("two");
  },
  5 * MINUTE,
);
