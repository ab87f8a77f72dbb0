import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type GitServer, startGitServer } from "@homeport/runner/test/git-server.ts";
import { KILL_POINTS, type Stage } from "./kill-points.ts";
import { constantLoad } from "./load.ts";
import { type Engine, fetchHost, startPlatform, type TestPlatform } from "./platform.ts";
import { leftovers } from "./processes.ts";
import { commitRepository, smallServer } from "./repositories.ts";

const MINUTE = 60_000;
/** From the kill to a platform as it would be without it. */
const CONVERGED_MS = 30_000;

/** A deploy under load is cut off at every place of the stages, by kill -9 of the process of all apps, agent and runner. */
export const killSuite = (
  engine: Engine,
  prepare: () => Promise<Record<string, string>>,
  stages: readonly Stage[],
): void => {
  describe(`on the ${engine} engine, with the apps killed in the middle of a deploy`, () => {
    let platform: TestPlatform;
    let git: GitServer;
    const dir = mkdtempSync(join(tmpdir(), "hp-kill-"));
    const nextKill = join(dir, "next-kill");
    const target = { project: "shop", service: "api" };
    const commit = (text: string) => commitRepository(dir, "api", smallServer(text), text);

    beforeAll(async () => {
      git = await startGitServer(dir);
      platform = await startPlatform(engine, { ...(await prepare()), HOMEPORT_CRASHPOINT: nextKill });
      await commit("first");
      const source = { kind: "git" as const, url: `${git.url}/api.git` };
      await platform.client.deployments.projects.create({ slug: "shop" });
      const settings = { graceSeconds: 1 }; // what it drains is no matter here
      await platform.client.deployments.services.create({ project: "shop", slug: "api", source, settings });
      await platform.cliJson(["deploy", "--project", "shop", "--service", "api", "--wait"]);
    }, 5 * MINUTE);

    afterAll(async () => {
      await platform?.stop();
      await git?.stop();
      rmSync(dir, { recursive: true, force: true });
    }, 2 * MINUTE);

    const latest = async () =>
      (await platform.client.deployments.deployments.list({ ...target, limit: 1 }).catch(() => null))?.items[0] ?? null;
    const servedText = async (url: string) => (await fetchHost(platform, url)).text();

    for (const stage of stages) {
      for (const point of KILL_POINTS[stage]) {
        test(
          `${stage}: killed at ${point}, the deploy goes on by itself, nothing fails and nothing is left over`,
          async () => {
            await commit(point);
            const { url } = await platform.client.deployments.services.get(target);
            const before = await latest();
            const stopping = new AbortController();
            const load = constantLoad(platform, url, 50, stopping.signal);
            writeFileSync(nextKill, point);
            await platform.client.deployments.deployments.create(target).catch(() => null); // its answer may be lost
            await waitFor(() => !existsSync(nextKill), { timeoutMs: MINUTE, message: `${point} is reached` });
            const killedAt = performance.now();
            const leftMs = () => Math.max(1, CONVERGED_MS - (performance.now() - killedAt));
            const ended = await waitFor(
              async () => {
                const now = await latest();
                return now !== null && now.id !== before?.id && now.finishedAt !== null ? now : null;
              },
              { timeoutMs: leftMs(), message: "the deployment ends within 30 s of the kill" },
            );
            expect(ended).toMatchObject({ state: "live", reason: null });
            await waitFor(async () => (await servedText(url)) === point, {
              timeoutMs: leftMs(),
              message: "the new release serves within 30 s of the kill",
            });
            await waitFor(async () => (await leftovers(platform, engine)).length === 0, {
              timeoutMs: leftMs(),
              message: "nothing is left over within 30 s of the kill",
            });
            stopping.abort();
            expect((await load.ended).failed).toEqual([]);
            const releases = await platform.client.deployments.releases.list({ ...target, limit: 100 });
            expect(releases.items.filter(({ state }) => state === "live").map(({ number }) => number)).toEqual([
              ended.release as number,
            ]);
            expect(releases.items.filter(({ state }) => state === "pending")).toEqual([]);
          },
          3 * MINUTE,
        );
      }
    }
  });
};
