import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { connectValkey } from "@homeport/kit/valkey.ts";
import { type GitServer, startGitServer } from "@homeport/runner/test/git-server.ts";
import { constantLoad } from "./load.ts";
import { type Engine, fetchHost, startPlatform, type TestPlatform } from "./platform.ts";
import { killPart, killPlatform, leftovers, PARTS } from "./processes.ts";
import { commitRepository, smallServer } from "./repositories.ts";

const MINUTE = 60_000;

/** Where in a deploy everything is killed: by the state that a person would see. */
const STAGES: { name: string; state: string; afterMs: number }[] = [
  { name: "accepted", state: "queued", afterMs: 0 },
  { name: "building", state: "building", afterMs: 0 },
  { name: "well into the build", state: "building", afterMs: 600 },
  { name: "rolling out", state: "rolling_out", afterMs: 0 },
  { name: "while the new replica starts", state: "rolling_out", afterMs: 300 },
];

export const crashSuite = (engine: Engine, prepare: () => Promise<Record<string, string>>): void => {
  describe(`on the ${engine} engine, with everything killed`, () => {
    let platform: TestPlatform;
    let git: GitServer;
    let repositories: string;
    const target = { project: "shop", service: "api" };

    beforeAll(async () => {
      repositories = mkdtempSync(join(tmpdir(), "hp-repos-"));
      git = await startGitServer(repositories);
      platform = await startPlatform(engine, await prepare());
      await commitRepository(repositories, "api", smallServer("before"));
      const source = { kind: "git" as const, url: `${git.url}/api.git` };
      await platform.client.deployments.projects.create({ slug: "shop" });
      const settings = { graceSeconds: 1 }; // what it drains is no matter here
      await platform.client.deployments.services.create({ project: "shop", slug: "api", source, settings });
      await platform.cliJson(["deploy", "--project", "shop", "--service", "api", "--wait"]);
    }, 5 * MINUTE);

    afterAll(async () => {
      await platform?.stop();
      await git?.stop();
      rmSync(repositories, { recursive: true, force: true });
    }, 2 * MINUTE);

    for (const [i, stage] of STAGES.entries()) {
      test(
        `a deploy that is ${stage.name} ends cleanly after a restart, and the workload served meanwhile`,
        async () => {
          const text = `after ${i}`;
          await commitRepository(repositories, "api", smallServer(text), text);
          const service = await platform.client.deployments.services.get(target);
          const { id } = await platform.client.deployments.deployments.create(target);
          const look = () => platform.client.deployments.deployments.get({ ...target, deployment: id });
          await waitFor(async () => stage.state === "queued" || isPast((await look()).state, stage.state), {
            timeoutMs: MINUTE,
          });
          await Bun.sleep(stage.afterMs);
          await killPlatform(platform.dataDir);
          await platform.up();
          const served = await fetchHost(platform, service.url);
          expect(served.status).toBe(200);
          const ended = await waitFor(
            async () => {
              const deployment = await look().catch(() => null);
              return deployment !== null && deployment.finishedAt !== null ? deployment : null;
            },
            { timeoutMs: MINUTE, message: "the deployment ends within 60 s" },
          );
          expect(["live", "failed"]).toContain(ended.state);
          const expected = ended.state === "live" ? text : await served.text();
          await waitFor(async () => (await (await fetchHost(platform, service.url)).text()) === expected, {
            timeoutMs: 10_000,
          });
          await waitFor(async () => (await leftovers(platform, engine)).length === 0, {
            timeoutMs: MINUTE,
            message: "nothing is left over",
          });
        },
        4 * MINUTE,
      );
    }

    for (const part of PARTS) {
      test(
        `when ${part} alone is killed the workload serves on, and the platform is whole again`,
        async () => {
          const service = await platform.client.deployments.services.get(target);
          await killPart(platform.dataDir, part);
          await waitFor(async () => (await fetchHost(platform, service.url).catch(() => null))?.status === 200, {
            timeoutMs: 10_000,
          });
          await waitFor(
            async () => (await platform.client.deployments.services.get(target).catch(() => null))?.slug === "api",
            { timeoutMs: 30_000, message: `the API answers after ${part} was killed` },
          );
        },
        MINUTE,
      );
    }

    test(
      "after FLUSHALL on Valkey no request fails, and the routes are back within a beat",
      async () => {
        const service = await platform.client.deployments.services.get(target);
        const stopping = new AbortController();
        const load = constantLoad(platform, service.url, 100, stopping.signal);
        const valkey = connectValkey(join(platform.dataDir, "valkey-run/valkey.sock"));
        await valkey.flushall();
        await waitFor(
          async () => (await valkey.keys("hp:apps:*")).length >= 7 && (await valkey.exists("hp:workloads")) === 1,
          {
            timeoutMs: 12_000,
            message: "apps and routes are back",
          },
        );
        valkey.disconnect();
        await waitFor(async () => load.sent() > 50, { message: "requests came while and after the routes came back" });
        stopping.abort();
        const { failed } = await load.ended;
        expect(failed).toEqual([]);
      },
      MINUTE,
    );

    test(
      "stopping keeps the workloads when asked to, and they serve again through the next start",
      async () => {
        const service = await platform.client.deployments.services.get(target);
        const before = await pidsOf(platform);
        await platform.down(["--keep-workloads"]);
        await platform.up();
        expect((await fetchHost(platform, service.url)).status).toBe(200);
        expect(await pidsOf(platform)).toEqual(before);
      },
      2 * MINUTE,
    );
  });
};

const ORDER = ["queued", "building", "releasing", "rolling_out", "live"];
const isPast = (state: string, wanted: string): boolean =>
  ORDER.indexOf(state) >= ORDER.indexOf(wanted) || !ORDER.includes(state);

/** What a workload says its process is; the same before and after means that it was not started again. */
const pidsOf = async (platform: TestPlatform): Promise<string> => {
  const service = await platform.client.deployments.services.get({ project: "shop", service: "api" });
  return (await fetchHost(platform, service.url, "/started")).text();
};
