import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestApp, type TestApp } from "../../../kit/test/app.ts";
import { run, tryRun } from "../../../kit/test/docker/command.ts";
import { type Docker, sharedDocker } from "../../../kit/test/docker.ts";
import { app as registry } from "../src/index.ts";
import { testImage, writeLayout } from "./oci-image.ts";
import { password, skopeoCopy } from "./skopeo.ts";

setDefaultTimeout(120_000);

let app: TestApp;
let docker: Docker;
let dir: string;

beforeAll(async () => {
  app = await startTestApp(registry);
  docker = await sharedDocker();
  dir = mkdtempSync(join(tmpdir(), "hp-docker-"));
});
afterAll(async () => {
  await docker.stop();
  await app.stop();
  rmSync(dir, { recursive: true, force: true });
});

const dockerCli = (config: string, ...argv: string[]) => [
  "docker",
  "--host",
  docker.host,
  "--config",
  join(dir, config),
  ...argv,
];

const HOSTS = [{ host: "127.0.0.1" }, { host: "localhost" }];
test.each(HOSTS)("docker logs in, pushes and pulls by tag and by digest at $host", async ({ host }) => {
  const address = `${host}:${app.host.split(":")[1]}`;
  const token = password(app.home.headers("developer"));
  const login = (secret: string) => tryRun(dockerCli(host, "login", "--username", "me", "--password", secret, address));
  expect(await login("hp_wrong")).toBeFalse();
  expect(await login(token)).toBeTrue();
  const image = await testImage();
  const layout = join(dir, `docker-${host}`);
  await writeLayout(layout, image);
  const name = `${address}/home/docker/${host === "localhost" ? "named" : "numbered"}:1.0`;
  const archive = join(dir, `${host}.tar`);
  await run(skopeoCopy(`oci:${layout}`, `docker-archive:${archive}:${name}`, ""));
  await run(dockerCli(host, "load", "--input", archive));
  const pushed = await run(dockerCli(host, "push", name));
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed)?.[1];
  const id = await run(dockerCli(host, "image", "inspect", "--format", "{{.Id}}", name));
  await run(dockerCli(host, "image", "rm", name));
  await run(dockerCli(host, "pull", name));
  expect(await run(dockerCli(host, "image", "inspect", "--format", "{{.Id}}", name))).toBe(id);
  await run(dockerCli(host, "image", "rm", name));
  await run(dockerCli(host, "pull", `${name.slice(0, -":1.0".length)}@${digest}`));
  const mounted = `${address}/home/docker/mounted:1`;
  await run(dockerCli(host, "tag", `${name.slice(0, -":1.0".length)}@${digest}`, mounted));
  expect(await run(dockerCli(host, "push", mounted))).toContain(digest!);
  const denied = await tryRun(dockerCli(host, "pull", `${address}/other/secret:1`));
  expect(denied).toBeFalse();
});
