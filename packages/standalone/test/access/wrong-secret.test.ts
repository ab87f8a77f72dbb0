import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ADA, bodyOf, cookieOf, setupTokenOf } from "./house.ts";
import { type LivePlatform, livePlatform } from "./live-platform.ts";

const MINUTE = 60_000;
const PROJECTS = "/api/v1/deployments/projects";

let live: LivePlatform;
beforeAll(async () => {
  live = await livePlatform();
  const { code, stderr } = await live.up();
  if (code !== 0) throw new Error(`bin/up: ${stderr}`);
}, 4 * MINUTE);
afterAll(() => live?.stop(), MINUTE);

test(
  "a start with another secret is refused with what to do, and changes nothing",
  async () => {
    const claimed = await live.ask("POST", "/api/v1/auth/setup", {
      json: { ...ADA, token: setupTokenOf(live.dataDir) },
    });
    const headers = { cookie: cookieOf(claimed) };
    const service = { slug: "api", source: { kind: "upload" } };
    const variables = `${PROJECTS}/shop/services/api/variables`;
    expect((await live.ask("POST", PROJECTS, { headers, json: { slug: "shop" } })).status).toBe(201);
    expect((await live.ask("POST", `${PROJECTS}/shop/services`, { headers, json: service })).status).toBe(201);
    const values = { KEY: "the value of before" };
    expect((await live.ask("PUT", variables, { headers, json: { values } })).status).toBe(200);
    expect((await live.down()).code).toBe(0);

    const file = join(live.dataDir, "app-secret");
    const secret = readFileSync(file, "utf8");
    writeFileSync(file, `${"another secret ".repeat(4)}\n`);
    const refused = await live.up();
    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe("");
    const said = refused.stderr;
    expect(said).toStartWith("The keys in this database were made with another APP_SECRET or key file");
    expect(said.trim().split("\n")).toHaveLength(1);
    expect(said).toContain("Nothing was changed. Put the former value back");
    expect(said).toContain(file);
    expect(said).not.toContain("another secret another secret");
    expect(said).not.toContain("\n    at "); // a sentence for people, and no stack

    writeFileSync(file, "short\n");
    const short = await live.up();
    expect([short.code, short.stdout, short.stderr]).toEqual([
      1,
      "",
      "The environment is not usable:\n  APP_SECRET: must have at least 32 characters\n",
    ]);
    expect(readFileSync(join(live.dataDir, "homeport.log"), "utf8")).not.toContain("    at ");

    writeFileSync(file, secret);
    const again = await live.up();
    expect([again.code, again.stderr]).toEqual([0, ""]);
    const revealed = await live.ask("POST", `${variables}/reveal`, { headers, json: { names: ["KEY"] } });
    expect(bodyOf<{ values: object }>(revealed).values).toEqual(values);
  },
  6 * MINUTE,
);
