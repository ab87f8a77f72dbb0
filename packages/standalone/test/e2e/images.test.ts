import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerEnvironment } from "./docker-environment.ts";
import { fetchHost, run, startPlatform, type TestPlatform } from "./platform.ts";
import { smallServer, writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
let platform: TestPlatform;
let dockerHost: string;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hp-images-"));
  const env = await dockerEnvironment();
  dockerHost = env.DOCKER_HOST ?? "";
  platform = await startPlatform("docker", env);
}, 3 * MINUTE);

afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

const docker = async (...args: string[]) => {
  const env = { PATH: process.env.PATH ?? "", HOME: dir, DOCKER_HOST: dockerHost, DOCKER_BUILDKIT: "0" };
  return run(["docker", ...args], {
    env,
    timeoutMs: 2 * MINUTE,
    ...(args.includes("--password-stdin") ? { stdin: platform.token } : {}),
  });
};

const DOCKERFILE = 'FROM node:22-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 8080\nCMD ["node", "server.js"]\n';

test(
  "an image that was pushed with docker and an API token is deployed by its name",
  async () => {
    const registry = `127.0.0.1:${platform.port}`;
    const image = `${registry}/home/shop/pushed:1.0`;
    const folder = join(dir, "pushed");
    writeFiles(folder, { ...smallServer("pushed by hand"), Dockerfile: DOCKERFILE });
    const login = await docker("login", registry, "--username", "anybody", "--password-stdin");
    expect(login.code, login.stderr).toBe(0);
    const build = await docker("build", "--tag", image, folder);
    expect(build.code, build.stderr).toBe(0);
    const push = await docker("push", image);
    expect(push.code, push.stderr).toBe(0);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(push.stdout)?.[1];

    const live = await platform.cliJson([
      "deploy",
      "--project",
      "shop",
      "--service",
      "pushed",
      "--image",
      "home/shop/pushed:1.0",
      "--wait",
    ]);
    expect(live).toMatchObject({ state: "live", digest });
    expect(await (await fetchHost(platform, live.url)).text()).toBe("pushed by hand");
  },
  4 * MINUTE,
);

test(
  "a folder with a Dockerfile is built as it says",
  async () => {
    const folder = join(dir, "dockerfile");
    writeFiles(folder, { ...smallServer("from a Dockerfile"), Dockerfile: DOCKERFILE });
    const live = await platform.cliJson(["deploy", folder, "--project", "shop", "--service", "dockerfile", "--wait"]);
    expect(await (await fetchHost(platform, live.url)).text()).toBe("from a Dockerfile");
  },
  4 * MINUTE,
);

const broken: { name: string; dockerfile: string; code: string; says: RegExp }[] = [
  {
    name: "a word that is no instruction",
    dockerfile: "FROM node:22-slim\nRUNN true\n",
    code: "dockerfile_invalid",
    says: /RUNN/i,
  },
  {
    name: "a step that fails",
    dockerfile: 'FROM node:22-slim\nRUN echo "about to fail" && exit 7\n',
    code: "build_step_failed",
    says: /exit code 7/,
  },
  {
    name: "an image that nobody has",
    dockerfile: "FROM no-such-image-anywhere:9\n",
    code: "base_image_missing",
    says: /no-such-image-anywhere/,
  },
];

for (const { name, dockerfile, code, says } of broken) {
  test(
    `a Dockerfile with ${name} fails with the reason, and leaves nothing half made`,
    async () => {
      const folder = join(dir, "broken");
      writeFiles(folder, { "a.txt": "a", Dockerfile: dockerfile });
      const result = await platform.cli([
        "deploy",
        folder,
        "--project",
        "shop",
        "--service",
        "broken",
        "--wait",
        "--json",
      ]);
      expect(result.code).toBe(1);
      const told = JSON.parse(result.stdout);
      expect(told).toMatchObject({ state: "failed", release: null, reason: { code } });
      expect(told.reason.message).toMatch(says);
      const releases = await platform.cliJson(["releases", "--project", "shop", "--service", "broken"]);
      expect(releases).toEqual([]);
      const images = await docker("images", "--format", "{{.Repository}}");
      expect(images.stdout).not.toContain("shop/broken");
    },
    2 * MINUTE,
  );
}

test(
  "an image that is not in the registry is refused with its name",
  async () => {
    const result = await platform.cli([
      "deploy",
      "--project",
      "shop",
      "--service",
      "ghost",
      "--image",
      "home/shop/ghost:9",
      "--wait",
      "--json",
    ]);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ state: "failed", reason: { code: "not_found" } });
  },
  MINUTE,
);
