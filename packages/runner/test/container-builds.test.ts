import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { callDocker, lastLine } from "@homeport/kit/test/docker/api.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { dockerImages } from "../src/adapters/docker/image-engine.ts";
import type { BuildResult } from "../src/build-spec.ts";
import { buildLine } from "../src/sandbox/user-command.ts";
import type { Outcome } from "./memory-ports.ts";
import { processesWith } from "./processes.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { startTestRunner, type TestRunner } from "./runner.ts";

setDefaultTimeout(180_000);

let docker: Docker;
let registry: TestRegistry;
let runner: TestRunner;

beforeAll(async () => {
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath);
  registry = await startRegistry({ password: "right" });
  const images = dockerImages({
    dockerHost: docker.host,
    runnerId: `test-${newId().slice(-8)}`,
    memoryBytes: 1024 * 1024 * 1024,
  });
  runner = await startTestRunner({ registry: registry.host, images });
});
afterAll(async () => {
  await runner.stop();
  await registry.stop();
  await docker.stop();
});

const resultOf = (outcome: Outcome): BuildResult => {
  if (outcome.state === "succeeded") return outcome.result;
  throw new Error(`${JSON.stringify(outcome)}\n${runner.texts().join("\n")}`);
};

const buildFiles = async (files: Record<string, string | { link: string }>, spec: object = {}) =>
  runner.build({ source: await runner.upload(files), output: "container", ...spec });

const authorization = {
  "X-Registry-Auth": Buffer.from(JSON.stringify({ username: "homeport", password: "right" })).toString("base64url"),
};

/** Runs an image from the registry to its end, and gives what it prints. */
const run = async ({ repository, digest }: BuildResult, command?: string[]): Promise<string> => {
  const reference = `${registry.host}/${repository}@${digest}`;
  const pulled = await fetch(`http://docker/images/create?fromImage=${encodeURIComponent(reference)}`, {
    unix: docker.socketPath,
    method: "POST",
    headers: authorization,
  });
  await lastLine(pulled);
  const json = {
    Image: reference,
    Env: ["PORT=4567", "NO_COLOR=1"],
    Tty: true,
    HostConfig: { NetworkMode: "host" },
    ...(command === undefined ? {} : { Cmd: command }),
  };
  const created = (await (
    await callDocker(docker.socketPath, "/containers/create", { method: "POST", json })
  ).json()) as { Id: string };
  await callDocker(docker.socketPath, `/containers/${created.Id}/start`, { method: "POST" });
  await (await callDocker(docker.socketPath, `/containers/${created.Id}/wait`, { method: "POST" })).json();
  const output = await (await callDocker(docker.socketPath, `/containers/${created.Id}/logs?stdout=1&stderr=1`)).text();
  await callDocker(docker.socketPath, `/containers/${created.Id}?force=1`, { method: "DELETE" });
  return output;
};

test("a Bun app becomes an image that runs as nobody special and may write to its folder", async () => {
  const result = resultOf(
    await buildFiles({
      "package.json": JSON.stringify({
        dependencies: { "is-odd": "3.0.1" },
        scripts: { start: "bun index.ts", build: "bun build.ts" },
      }),
      "bun.lock": await Bun.file(join(import.meta.dir, "is-odd.bun.lock")).text(),
      "index.ts": `
        import isOdd from "is-odd";
        await Bun.write("own.txt", "own");
        console.log(isOdd(3), process.getuid(), process.cwd(), process.env.PORT, process.env.NODE_ENV, await Bun.file("made.txt").text());`,
      "build.ts": 'await Bun.write("made.txt", "made")',
      "node_modules/is-odd/index.js": "throw new Error('uploaded by mistake')",
    }),
  );
  expect(result).toMatchObject({ preset: "bun", repository: "home/shop/api" });
  expect(result.port).toBeUndefined();
  expect(await run(result)).toContain("true 1000 /app 4567 production made");
});

test("the log shows the Dockerfile that a preset amounts to, and what its steps print", () => {
  const texts = runner.texts();
  expect(texts).toContain("FROM oven/bun:1 AS build");
  expect(texts.some((text) => /^==> Found package\.json with a lockfile from Bun/.test(text))).toBe(true);
  expect(texts.some((text) => /packages? installed/.test(text))).toBe(true);
  expect(texts).toContain("==> Pushing the image");
});

test("a Node app becomes an image", async () => {
  const result = resultOf(
    await buildFiles({
      "package.json": JSON.stringify({ dependencies: { "is-odd": "3.0.1" }, scripts: { start: "node server.js" } }),
      "server.js": "console.log('odd', require('is-odd')(5), process.pid, process.getuid())",
    }),
  );
  expect(result.preset).toBe("node");
  expect(await run(result)).toMatch(/odd true 1 1000/);
});

test("installing again is not needed when only the code has changed", async () => {
  const files = {
    "package.json": JSON.stringify({ dependencies: { "is-odd": "3.0.1" }, scripts: { start: "node server.js" } }),
  };
  await buildFiles({ ...files, "server.js": "console.log(1)" });
  const before = runner.texts().length;
  const result = resultOf(await buildFiles({ ...files, "server.js": "console.log('changed')" }));
  const texts = runner.texts().slice(before);
  const install = texts.findIndex((text) => /^Step .*RUN \["npm","install"\]/.test(text));
  expect(texts[install + 1]).toBe("(unchanged, taken from cache)");
  expect(await run(result)).toContain("changed");
});

test("a static site that is built becomes an image of its files and our server", async () => {
  const files = {
    "package.json": JSON.stringify({ scripts: { build: "mkdir dist && echo Hi > dist/index.html" } }),
    "secret.txt": "source",
  };
  const result = resultOf(await buildFiles(files, { preset: "static" }));
  expect(await run(result, buildLine("find /app -type f | sort; id -u"))).toBe(
    "/app/server.ts\r\n/app/site/index.html\r\n1000\r\n",
  );
});

test("a static site's own files become an image", async () => {
  const result = resultOf(await buildFiles({ "index.html": "<h1>Hi", "a b/c.txt": "c" }));
  const listed = await run(result, buildLine("cat /app/site/index.html '/app/site/a b/c.txt'"));
  expect(listed).toBe("<h1>Hic");
});

test("a Dockerfile is built as it says, and its port is known", async () => {
  const result = resultOf(
    await buildFiles({
      Dockerfile: 'FROM busybox\nWORKDIR /w\nCOPY a.txt .\nEXPOSE 8080\nCMD ["cat", "a.txt"]\n',
      "a.txt": "as it says",
    }),
  );
  expect(result).toMatchObject({ preset: "dockerfile", port: 8080 });
  expect(await run(result)).toBe("as it says");
});

test("a Dockerfile in a folder is built in that folder", async () => {
  const result = resultOf(
    await buildFiles(
      { "web/Dockerfile": 'FROM busybox\nCOPY . /w\nCMD ["ls", "/w"]\n', "other.txt": "" },
      { rootDirectory: "web" },
    ),
  );
  expect(await run(result)).toBe("Dockerfile\r\n");
});

test("a Dockerfile that asks for what no build gets is refused before an engine sees it", async () => {
  const before = runner.texts().length;
  const outcome = await buildFiles({ Dockerfile: "FROM busybox\nRUN echo begun\nADD http://169.254.169.254/ /x\n" });
  expect(outcome).toMatchObject({ state: "failed", reason: { code: "dockerfile_refused" }, retry: false });
  if (outcome.state === "failed")
    expect(outcome.reason.message).toMatch(/in line 3: ADD http:\/\/169\.254\.169\.254\//);
  expect(runner.texts().slice(before).join("\n")).not.toMatch(/Step 1|begun/);
});

test("the same Dockerfile and files give the same image", async () => {
  const files = { Dockerfile: "FROM busybox\nCOPY a.txt /a\n", "a.txt": "same" };
  const digests = [resultOf(await buildFiles(files)).digest, resultOf(await buildFiles(files)).digest];
  expect(digests[1]).toBe(digests[0] ?? "");
});

test("links in a source do not lead the platform's own files anywhere", async () => {
  const canary = `/canary-${newId()}`;
  const archive = {
    "index.html": "x",
    ".homeport-static-server.ts": { link: "index.html" },
    ".homeport.Dockerfile": { link: "index.html" },
    ".dockerignore": { link: "index.html" },
  };
  const result = resultOf(await buildFiles(archive));
  expect(await run(result, buildLine(`cat /app/site/index.html; ls ${canary} 2>&1`))).toMatch(/^xls: /);
});

test("a step that fails is told with its command and its last lines", async () => {
  const outcome = await buildFiles({
    "package.json": JSON.stringify({ scripts: { start: "x", build: "echo what went wrong && exit 9" } }),
  });
  expect(outcome).toMatchObject({ state: "failed", reason: { code: "build_step_failed", exitCode: 9 } });
  if (outcome.state === "failed") expect(outcome.reason.lastLines?.join("\n")).toContain("what went wrong");
});

test("a build in an engine that is cancelled leaves nothing running and no image", async () => {
  const marker = `marker-${newId()}`;
  const source = await runner.upload({ Dockerfile: `FROM busybox\nRUN while :; do sleep 1; done; echo ${marker}\n` });
  const job = runner.enqueue({ source, output: "container" });
  await waitFor(() => processesWith(`done; echo ${marker}`).length > 0, { timeoutMs: 30_000 });
  runner.cancelled.add(job.id);
  expect(await runner.outcomeOf(job)).toMatchObject({ state: "failed", reason: { code: "cancelled" } });
  await waitFor(() => processesWith(marker).length === 0 && runner.foldersOf().length === 0, { timeoutMs: 20_000 });
});

test("no build leaves its tag on the engine", async () => {
  const found = (await (await callDocker(docker.socketPath, "/images/json")).json()) as { RepoTags: string[] | null }[];
  expect(
    found
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .filter((tag) => tag.startsWith(`${registry.host}/home/shop/api:build-`)),
  ).toEqual([]);
});
