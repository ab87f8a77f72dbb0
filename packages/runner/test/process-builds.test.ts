import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createRepository, type GitServer, startGitServer } from "./git-server.ts";
import { readImage, startRegistry, type TestRegistry } from "./registry.ts";
import { startTestRunner, type TestRunner } from "./runner.ts";

setDefaultTimeout(120_000);

let dir = "";
let registry: TestRegistry;
let git: GitServer;
let runner: TestRunner;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-process-"));
  [registry, git] = await Promise.all([startRegistry(), startGitServer(dir, { private: ["secret.git"] })]);
  runner = await startTestRunner({ registry: registry.host });
});
afterAll(async () => {
  await runner.stop();
  await Promise.all([registry.stop(), git.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const publish = async (name: string, files: Record<string, string>): Promise<string> => {
  const repository = await createRepository(dir, `${name}.git`);
  const commit = await repository.commit(files, `Add ${name}`);
  await repository.push();
  return commit;
};
const repositoryOf = (name: string) => ({ kind: "git" as const, url: `${git.url}/${name}.git` });

/** Unpacks an image as an agent would. */
const unpack = async (digest: string) => {
  const image = await readImage(registry.host, "home/shop/api", digest);
  const folder = await mkdtemp(join(dir, "image-"));
  await Bun.write(join(folder, "layer.tar.gz"), await image.layer());
  Bun.spawnSync(["tar", "--extract", "--file", join(folder, "layer.tar.gz"), "--directory", folder]);
  return { folder: join(folder, image.config.config.WorkingDir), ...image.config.config };
};

/** Starts what was built, and asks it for a page. */
const firstAnswer = async (digest: string, path = "/") => {
  const { folder, Cmd } = await unpack(digest);
  const child = Bun.spawn(Cmd, {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: "0" },
    stdout: "pipe",
    detached: true,
  });
  try {
    const { value } = await child.stdout.getReader().read();
    const port = /port (\d+)/.exec(new TextDecoder().decode(value))?.[1];
    return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  } finally {
    process.kill(-child.pid, "SIGKILL"); // bun runs the script in a process of its own
    await child.exited;
  }
};

const server =
  "const s = Bun.serve({ fetch: () => new Response(`hello from ${isOdd(3)}`) }); console.log(`port ${s.port}`);";

test("a Bun app from a repository is built, stored and runs", async () => {
  const commit = await publish("bun-app", {
    "package.json": JSON.stringify({
      dependencies: { "is-odd": "3.0.1" },
      scripts: { start: "bun index.ts", build: "bun build.ts" },
    }),
    "bunfig.toml": "",
    "index.ts": `import isOdd from "is-odd"; ${server}`,
    "build.ts": "console.log('built', process.env.CI); console.error('to stderr'); await Bun.write('made.txt', 'made')",
  });
  const outcome = await runner.build({ source: repositoryOf("bun-app"), preset: "bun" });
  if (outcome.state !== "succeeded") throw new Error(JSON.stringify(outcome));
  const { result } = outcome;
  expect(result).toMatchObject({
    repository: "home/shop/api",
    commit,
    commitMessage: "Add bun-app",
    preset: "bun",
    startCommand: ["bun", "--bun", "run", "start"],
  });
  expect(result.explanation).toMatch(/is built with `bun install` and `bun run build`/);
  const image = await unpack(result.digest);
  expect(image).toMatchObject({
    Cmd: ["bun", "--bun", "run", "start"],
    WorkingDir: "/app",
    Labels: { "dev.homeport.process": "1" },
  });
  expect(await Bun.file(join(image.folder, "made.txt")).text()).toBe("made");
  expect(existsSync(join(image.folder, ".git"))).toBe(false);
  expect(await firstAnswer(result.digest)).toBe("hello from true");
});

test("the log tells each step and what its commands print", () => {
  const texts = runner.texts();
  const phases = texts.filter((text) => text.startsWith("==>")).map((text) => text.slice(4).split(/[ :]/)[0]);
  expect(phases).toEqual(["Fetching", "The", "Installing", "Building", "Packing", "Storing"]);
  expect(texts).toContain("built 1");
  expect(runner.lines.find(({ text }) => text === "to stderr")?.stream).toBe("stderr");
});

test("nothing of a build is left when it has ended", async () => {
  await waitFor(() => runner.foldersOf().length === 0);
});

test("the same source gives the same image", async () => {
  await publish("same", { "package.json": "{}", "server.js": "" });
  const outcomes = [
    await runner.build({ source: repositoryOf("same") }),
    await runner.build({ source: repositoryOf("same") }),
  ];
  const digests = outcomes.map((outcome) =>
    outcome.state === "succeeded" ? outcome.result.digest : outcome.reason.message,
  );
  expect(digests[0]).toMatch(/^sha256:/);
  expect(digests[1]).toBe(digests[0] ?? "");
});

test("an uploaded Node app with a dependency is built with npm and runs", async () => {
  const source = await runner.upload({
    "package.json": JSON.stringify({ dependencies: { "is-odd": "3.0.1" }, scripts: { start: "node server.js $PORT" } }),
    "server.js":
      "const isOdd = require('is-odd'); const s = require('http').createServer((q, r) => r.end('odd ' + isOdd(3))); s.listen(Number(process.argv[2]), () => console.log('port ' + s.address().port))",
  });
  const outcome = await runner.build({ source });
  if (outcome.state !== "succeeded") throw new Error(JSON.stringify(outcome));
  expect(outcome.result.preset).toBe("node");
  expect(outcome.result.commit).toBeUndefined();
  expect(await firstAnswer(outcome.result.digest)).toBe("odd true");
});

test("a static site is served by the platform's own server, without the rest of the source", async () => {
  const source = await runner.upload({ "public/index.html": "<h1>Hi", "notes.txt": "not served" });
  const outcome = await runner.build({ source });
  if (outcome.state !== "succeeded") throw new Error(JSON.stringify(outcome));
  const { folder } = await unpack(outcome.result.digest);
  expect(existsSync(join(folder, "notes.txt"))).toBe(false);
  expect(await firstAnswer(outcome.result.digest)).toBe("<h1>Hi");
});

test("a folder of a repository is built where it is", async () => {
  const source = await runner.upload({
    "shared/x.js": "module.exports = 'shared'",
    "web/package.json": "{}",
    "web/server.js": "require('../shared/x.js')",
  });
  const outcome = await runner.build({ source, rootDirectory: "./web/" });
  if (outcome.state !== "succeeded") throw new Error(JSON.stringify(outcome));
  expect((await unpack(outcome.result.digest)).WorkingDir).toBe("/app/web");
});

type Failure = {
  name: string;
  files: Record<string, string | { link: string }>;
  spec?: object;
  reason: object;
  says: RegExp;
};

const failures: Failure[] = [
  {
    name: "a build command that fails",
    files: { "package.json": "{}", "server.js": "" },
    spec: { buildCommand: "echo going wrong; exit 3" },
    reason: { code: "build_failed", exitCode: 3, lastLines: ["going wrong"] },
    says: /^"echo going wrong; exit 3" failed with exit code 3\.$/,
  },
  {
    name: "a dependency that does not exist",
    files: { "package.json": '{"dependencies": {"@homeport-test/does-not-exist": "1"}}', "server.js": "" },
    reason: { code: "install_failed" },
    says: /^"npm install" failed/,
  },
  {
    name: "a lockfile that does not fit",
    files: {
      "package.json": '{"dependencies": {"is-odd": "3.0.1"}}',
      "package-lock.json": '{"name":"x","lockfileVersion":3,"packages":{}}',
      "server.js": "",
    },
    reason: { code: "install_failed" },
    says: /^"npm ci" failed/,
  },
  {
    name: "a Dockerfile",
    files: { Dockerfile: "FROM x" },
    reason: { code: "needs_container_engine" },
    says: /Dockerfile needs a container engine/,
  },
  { name: "nothing that is known", files: { "main.rs": "" }, reason: { code: "nothing_detected" }, says: /recognises/ },
  {
    name: "a broken package.json",
    files: { "package.json": "{" },
    reason: { code: "package_json_invalid" },
    says: /not valid JSON/,
  },
  {
    name: "a root directory that is not there",
    files: { a: "" },
    spec: { rootDirectory: "b" },
    reason: { code: "root_directory_missing" },
    says: /"b"/,
  },
  {
    name: "a root directory that leads out",
    files: { a: "" },
    spec: { rootDirectory: "../.." },
    reason: { code: "source_invalid" },
    says: /lead out/,
  },
  { name: "an archive that leads out", files: { "../x": "" }, reason: { code: "archive_invalid" }, says: /\.\./ },
  {
    name: "a site that the build did not make",
    files: { "a.txt": "" },
    spec: { preset: "static", buildCommand: "true" },
    reason: { code: "output_missing" },
    says: /no folder "dist"/,
  },
  {
    name: "a site that the build made a link to something else",
    files: { "a.txt": "" },
    spec: { preset: "static", buildCommand: "ln -s /etc dist" },
    reason: { code: "output_missing" },
    says: /no folder "dist"/,
  },
  {
    name: "a site below a link to something else",
    files: {
      "package.json": '{"devDependencies": {"vitepress": "file:./stub"}, "scripts": {"build": "x"}}',
      "stub/package.json": '{"name":"vitepress","version":"1.0.0"}',
    },
    spec: { preset: "static", buildCommand: "ln -s /usr .vitepress && mkdir -p /usr/dist || true" },
    reason: { code: "output_missing" },
    says: /no folder "\.vitepress\/dist"/,
  },
];

for (const { name, files, spec, reason, says } of failures) {
  test(`${name} is a failure that says so`, async () => {
    const outcome = await runner.build({ source: await runner.upload(files), ...spec });
    expect(outcome).toMatchObject({ state: "failed", reason, retry: false });
    if (outcome.state === "failed") expect(outcome.reason.message).toMatch(says);
    await waitFor(() => runner.foldersOf().length === 0);
  });
}

test("an upload that is gone and a private repository are told", async () => {
  const gone = await runner.build({ source: { kind: "upload", uploadId: crypto.randomUUID() } });
  expect(gone).toMatchObject({ state: "failed", reason: { code: "upload_missing" } });
  const secret = await runner.build({ source: repositoryOf("secret") });
  expect(secret).toMatchObject({ state: "failed", reason: { code: "repository_private" } });
  expect(runner.texts().at(-1)).toMatch(/^==> Failed: The repository is private/);
});

test("package managers download once for an organisation", async () => {
  const organisationId = crypto.randomUUID();
  const files = { "package.json": '{"dependencies": {"is-odd": "3.0.1"}}', "server.js": "" };
  await runner.build({ source: await runner.upload(files), organisationId });
  const offline = { ...files, ".npmrc": "offline=true\n" };
  expect((await runner.build({ source: await runner.upload(offline), organisationId })).state).toBe("succeeded");
  expect((await runner.build({ source: await runner.upload(offline) })).state).toBe("failed");
});
