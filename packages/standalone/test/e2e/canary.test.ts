import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { fetchHost, startPlatform, type TestPlatform } from "./platform.ts";
import { smallServer, writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
const WEIGHT = 30;
const target = { project: "shop", service: "api" };
const named = ["--project", "shop", "--service", "api"];
let platform: TestPlatform;
let url: string;
const dir = mkdtempSync(join(tmpdir(), "hp-canary-"));

/** Says its release, or fails when its variable says so. */
const server = smallServer(
  "?",
  `text = process.env.SAYS ?? "nothing";
const fails = process.env.FAILS === "yes";
const end = http.ServerResponse.prototype.end;
http.ServerResponse.prototype.end = function (...all) { if (fails) this.statusCode = 500; return end.apply(this, all); };`,
);

beforeAll(async () => {
  platform = await startPlatform("process");
  writeFiles(dir, server);
  await platform.client.deployments.projects.create({ slug: "shop" });
  const strategy = { kind: "canary" as const, steps: [{ weight: WEIGHT, seconds: 4 }], maxErrorPercent: 5 };
  const settings = { strategy: { ...strategy, minRequests: 20 }, graceSeconds: 1 };
  await platform.client.deployments.services.create({
    project: "shop",
    slug: "api",
    source: { kind: "upload" },
    settings,
  });
  await platform.cliJson(["deploy", dir, ...named, "--wait"]);
  await platform.cliJson(["env", "set", ...named, "SAYS=one", "--apply", "--wait"]);
  url = (await platform.client.deployments.services.get(target)).url;
}, 5 * MINUTE);

afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

/** What was answered until the deployment ended: how often each release spoke, and with which status. */
const askUntilEnd = async (deployment: string) => {
  const counts = new Map<string, number>();
  for (;;) {
    for (let i = 0; i < 20; i += 1) {
      const response = await fetchHost(platform, url);
      const said = `${response.status} ${await response.text()}`;
      counts.set(said, (counts.get(said) ?? 0) + 1);
    }
    const ended = await platform.client.deployments.deployments.get({ ...target, deployment });
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (ended.finishedAt !== null) return { ended, counts, all };
  }
};

const set = async (...pairs: string[]): Promise<string> =>
  (await platform.cliJson(["env", "set", ...named, ...pairs, "--apply", "--no-wait"])).deploymentId;

test(
  "a release that answers well gets its share of the requests first, and then all of them",
  async () => {
    const { ended, counts, all } = await askUntilEnd(await set("SAYS=two"));
    expect(ended).toMatchObject({ state: "live", reason: null });
    expect([...counts.keys()].sort()).toEqual(["200 one", "200 two"]);
    expect(all).toBeGreaterThan(40);
    await waitFor(async () => (await (await fetchHost(platform, url)).text()) === "two", { timeoutMs: MINUTE });
  },
  3 * MINUTE,
);

test(
  "a release that fails is given up by what the gateway counts, and all requests go to the old one again",
  async () => {
    const { ended, counts, all } = await askUntilEnd(await set("SAYS=three", "FAILS=yes"));
    expect(ended).toMatchObject({ state: "failed", reason: { code: "canary_failed" } });
    const failed = counts.get("500 three") ?? 0;
    expect(failed).toBeGreaterThan(0);
    expect(failed / all).toBeLessThan((2 * WEIGHT) / 100);
    for (let i = 0; i < 50; i += 1) expect(await (await fetchHost(platform, url)).text()).toBe("two");
    const { items } = await platform.client.deployments.releases.list({ ...target, limit: 1 });
    expect(items[0]).toMatchObject({ state: "failed" });
  },
  3 * MINUTE,
);
