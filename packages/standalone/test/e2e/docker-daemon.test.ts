import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { type OwnDocker, startDocker } from "@homeport/kit/test/docker.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { constantLoad } from "./load.ts";
import { fetchHost, startPlatform, type TestPlatform } from "./platform.ts";
import { leftovers } from "./processes.ts";
import { smallServer, writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
let docker: OwnDocker;
let platform: TestPlatform;
const dir = mkdtempSync(join(tmpdir(), "hp-dockerd-"));
const target = { project: "shop", service: "api" };
const named = ["--project", target.project, "--service", target.service];

beforeAll(async () => {
  docker = await startDocker();
  await ensureBaseImages(docker.socketPath, ["node"]);
  platform = await startPlatform("docker", { DOCKER_HOST: docker.host });
  await platform.client.deployments.projects.create({ slug: "shop" });
  const source = { kind: "upload" as const };
  await platform.client.deployments.services.create({
    project: "shop",
    slug: "api",
    source,
    settings: { graceSeconds: 1 },
  });
  await deploy("first");
}, 5 * MINUTE);

afterAll(async () => {
  await platform?.stop();
  await docker?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

const deploy = async (text: string): Promise<void> => {
  writeFiles(dir, smallServer(text));
  expect(await platform.cliJson(["deploy", dir, ...named, "--wait"])).toMatchObject({ state: "live" });
};
const urlOf = async () => (await platform.client.deployments.services.get(target)).url;
const served = async () => (await fetchHost(platform, await urlOf())).text();

test(
  "while the Docker daemon is dead what runs serves on, and when it is back the next deploy goes live",
  async () => {
    const stopping = new AbortController();
    const load = constantLoad(platform, await urlOf(), 50, stopping.signal);
    await docker.kill();
    await waitFor(async () => load.sent() > 200, { timeoutMs: MINUTE, message: "requests came while it was dead" });
    await docker.start();
    await deploy("second");
    stopping.abort();
    expect((await load.ended).failed).toEqual([]);
    expect(await served()).toBe("second");
  },
  4 * MINUTE,
);

for (const state of ["building", "rolling_out"]) {
  test(
    `a Docker daemon that is killed while a deploy is ${state} leaves it live or failed with a reason, and what served serves`,
    async () => {
      const before = await served();
      const stopping = new AbortController();
      const load = constantLoad(platform, await urlOf(), 50, stopping.signal);
      writeFiles(dir, smallServer(state));
      const { deploymentId: deployment } = await platform.cliJson(["deploy", dir, ...named, "--no-wait"]);
      const look = () => platform.client.deployments.deployments.get({ ...target, deployment });
      await waitFor(
        async () => {
          const now = await look();
          return now.state === state || now.finishedAt !== null;
        },
        { timeoutMs: MINUTE, message: `it is ${state}` },
      );
      await docker.kill();
      await docker.start();
      const ended = await waitFor(
        async () => {
          const now = await look();
          return now.finishedAt === null ? null : now;
        },
        { timeoutMs: 30_000, message: "the deployment ends within 30 s of the daemon's start" },
      );
      if (ended.state !== "live") expect(ended.reason?.message).toMatch(/[Ee]ngine|[Dd]ocker/);
      expect(["live", "failed"]).toContain(ended.state);
      const wanted = ended.state === "live" ? state : before;
      await waitFor(async () => (await served()) === wanted, {
        timeoutMs: 30_000,
        message: "the right release serves",
      });
      stopping.abort();
      expect((await load.ended).failed).toEqual([]);
      await waitFor(async () => (await leftovers(platform, "docker")).length === 0, {
        timeoutMs: 30_000,
        message: "nothing is left over",
      });
    },
    4 * MINUTE,
  );
}
