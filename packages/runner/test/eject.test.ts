import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { callDocker } from "@homeport/kit/test/docker/api.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { dockerImages } from "../src/adapters/docker/image-engine.ts";
import { buildContainer } from "../src/container/build-container.ts";
import { planBuild, type Wishes } from "../src/detect/plan-build.ts";
import { readProject } from "../src/detect/project.ts";
import { ejectDockerfile } from "../src/eject.ts";
import type { ImageEngine } from "../src/ports.ts";
import { buildLine } from "../src/sandbox/user-command.ts";
import { testJob } from "./memory-ports.ts";
import { openTestWorkspace } from "./workspace.ts";

setDefaultTimeout(240_000);

let dir = "";
let docker: Docker;
let engine: ImageEngine;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-eject-"));
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath);
  engine = dockerImages({ dockerHost: docker.host, runnerId: `test-${newId().slice(-8)}`, memoryBytes: 1024 ** 3 });
});
afterAll(async () => {
  await docker.stop();
  await rm(dir, { recursive: true, force: true });
});

const write = async (files: Record<string, string>): Promise<string> => {
  const folder = await mkdtemp(join(dir, "project-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await Bun.write(join(folder, path), text);
  }
  return folder;
};

type Content = { files: string; config: object };

/** Every file of an image with its content and rights, and how it is started. */
const contentOf = async (image: string): Promise<Content> => {
  const inspected = (await (await callDocker(docker.socketPath, `/images/${image}/json`)).json()) as {
    Config: { Cmd: string[]; Env: string[]; User: string; WorkingDir: string };
  };
  const { Cmd, Env, User, WorkingDir } = inspected.Config;
  const list =
    'find /app | sort | while read -r path; do stat -c \'%n %a %u\' "$path"; test -f "$path" && md5sum "$path"; done; true';
  const json = { Image: image, Cmd: buildLine(list, []) };
  const { Id } = (await (
    await callDocker(docker.socketPath, "/containers/create", { method: "POST", json })
  ).json()) as { Id: string };
  await callDocker(docker.socketPath, `/containers/${Id}/start`, { method: "POST" });
  await (await callDocker(docker.socketPath, `/containers/${Id}/wait`, { method: "POST" })).json();
  const files = await (await callDocker(docker.socketPath, `/containers/${Id}/logs?stdout=1&stderr=1`)).text();
  await callDocker(docker.socketPath, `/containers/${Id}?force=1`, { method: "DELETE" });
  return { files, config: { Cmd, Env, User, WorkingDir } };
};

/** What the platform makes of a folder. It is pushed nowhere: the image is looked at instead. */
const builtByPreset = async (folder: string, wishes: Wishes): Promise<Content | null> => {
  const { log, remove } = await openTestWorkspace();
  let content: Content | null = null;
  const looking: ImageEngine = {
    ...engine,
    async push(tag) {
      content = await contentOf(tag);
      return { digest: `sha256:${"0".repeat(64)}` };
    },
  };
  const job = testJob({ output: "container" });
  if (job.kind !== "build") throw new Error("a build was asked for");
  const plan = planBuild(await readProject(folder), wishes);
  const build = {
    engine: looking,
    job,
    spec: job.spec,
    plan,
    folder,
    registry: "127.0.0.1:1",
    env: {},
    secretFiles: {},
    log,
  };
  await buildContainer(build, new AbortController().signal);
  await remove();
  return content;
};

const builtFromDockerfile = async (folder: string) => {
  const tag = `127.0.0.1:1/home/ejected:build-${newId().slice(-12)}`;
  const build = { folder, dockerfile: "Dockerfile", tag, buildArgs: {}, cacheScope: "test" };
  await engine.build(build, () => {}, new AbortController().signal);
  try {
    return await contentOf(tag);
  } finally {
    await engine.remove(tag);
  }
};

const projects: { name: string; files: Record<string, string>; wishes?: Wishes }[] = [
  {
    name: "a Node app",
    files: {
      "package.json": '{"scripts": {"build": "mkdir dist && cp server.js dist/made.js", "start": "node dist/made.js"}}',
      "server.js": "console.log(1)",
      "lib/a b.txt": "a",
    },
  },
  {
    name: "a static site that is built",
    files: {
      "package.json": '{"scripts": {"build": "mkdir dist && echo Hi > dist/index.html"}}',
      "index.html": "source",
    },
    wishes: { preset: "static" },
  },
  { name: "a static site", files: { "index.html": "<h1>Hi", "style/a.css": "b{}" } },
];

for (const { name, files, wishes = {} } of projects) {
  test(`the ejected Dockerfile of ${name} makes the image that the preset makes`, async () => {
    const ejected = await write(files);
    const { dockerfile, dockerignore, files: others } = await ejectDockerfile(ejected, wishes);
    for (const [path, text] of Object.entries({ Dockerfile: dockerfile, ".dockerignore": dockerignore, ...others })) {
      await Bun.write(join(ejected, path), text);
    }
    const content = await builtFromDockerfile(ejected);
    expect(await builtByPreset(await write(files), wishes)).toEqual(content);
    expect(content.files).toContain("/app");
    expect(content.files).not.toMatch(/Dockerfile|dockerignore/);
  });
}

test("a folder is only read", async () => {
  const folder = await write({ "package.json": "{}", "server.js": "" });
  const before = [...new Bun.Glob("**/*").scanSync({ cwd: folder, dot: true })].sort();
  const { preset, explanation } = await ejectDockerfile(folder, {});
  expect(preset).toBe("node");
  expect(explanation).toMatch(/^Found package\.json without a lockfile/);
  expect([...new Bun.Glob("**/*").scanSync({ cwd: folder, dot: true })].sort()).toEqual(before);
});

test("a Dockerfile that is there already is no preset, and its folder is planned without it", async () => {
  const folder = await write({ Dockerfile: "FROM x", "package.json": "{}", "server.js": "" });
  expect((await ejectDockerfile(folder, {})).preset).toBe("node");
  expect(ejectDockerfile(folder, { preset: "dockerfile" })).rejects.toThrow(/source has none|own Dockerfile/);
});

test("the project's own list of what to leave out stays, and one that leads elsewhere is none", async () => {
  const folder = await write({ ".dockerignore": "secret\n", "index.html": "" });
  expect((await ejectDockerfile(folder, {})).dockerignore).toBe("secret\n");
  const linked = await write({ "index.html": "" });
  await symlink("/etc/hostname", join(linked, ".dockerignore"));
  expect((await ejectDockerfile(linked, {})).dockerignore).toContain("node_modules");
});
