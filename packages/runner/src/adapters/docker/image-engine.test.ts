import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { callDocker } from "@homeport/kit/test/docker/api.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { processesWith } from "../../../test/processes.ts";
import { readImage, startRegistry, type TestRegistry } from "../../../test/registry.ts";
import { BuildFailure } from "../../build-failure.ts";
import type { ImageEngine } from "../../ports.ts";
import { dockerImages } from "./image-engine.ts";

setDefaultTimeout(120_000);

const never = new AbortController().signal;
const runnerId = `test-${newId().slice(-8)}`;
let docker: Docker;
let registry: TestRegistry;
let images: ImageEngine;
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-images-"));
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath, ["busybox"]);
  registry = await startRegistry({ password: "right" });
  images = dockerImages({ dockerHost: docker.host, runnerId, memoryBytes: 256 * 1024 * 1024 });
});
afterAll(async () => {
  await registry.stop();
  await docker.stop();
  await rm(dir, { recursive: true, force: true });
});

const newTag = () => `${registry.host}/home/shop/api:build-${newId().slice(-12)}`;

const build = async (
  dockerfile: string,
  options: { files?: Record<string, string>; signal?: AbortSignal; tag?: string; args?: Record<string, string> } = {},
) => {
  const folder = await mkdtemp(join(dir, "context-"));
  for (const [name, text] of Object.entries({ Dockerfile: dockerfile, ...options.files }))
    await Bun.write(join(folder, name), text);
  const tag = options.tag ?? newTag();
  const lines: string[] = [];
  const image = await images.build(
    { folder, dockerfile: "Dockerfile", tag, buildArgs: options.args ?? {}, cacheScope: "test" },
    (_, line) => void lines.push(line),
    options.signal ?? never,
  );
  return { image, tag, lines };
};

const failureOf = async (work: Promise<unknown>) => {
  const err = await work.catch((thrown: unknown) => thrown);
  expect(err).toBeInstanceOf(BuildFailure);
  return (err as BuildFailure).reason;
};

const tags = async (): Promise<string[]> => {
  const found = (await (await callDocker(docker.socketPath, "/images/json")).json()) as { RepoTags: string[] | null }[];
  return found.flatMap(({ RepoTags }) => RepoTags ?? []);
};

/** Two kinds of builders, one behaviour: the first line of a Dockerfile decides which. */
const builders = [
  { name: "the classic builder", head: "" },
  { name: "BuildKit", head: "ARG TARGETARCH=$TARGETARCH\n" },
];

for (const { name, head } of builders) {
  test(`${name} builds an image and tells its steps, output and ports`, async () => {
    const dockerfile = `${head}FROM busybox\nARG NAME\nWORKDIR /app\nCOPY . .\nRUN echo "hello $NAME" && ls\nEXPOSE 8080/tcp\nCMD ["sh"]\n`;
    const { image, tag, lines } = await build(dockerfile, {
      args: { NAME: "Ada" },
      files: { "a.txt": "a", "b.log": "b", ".dockerignore": "*.log\nDockerfile\n" },
    });
    expect(image).toMatchObject({ exposedPorts: [8080], command: ["sh"] });
    expect(lines).toContain("hello Ada");
    expect(lines).toContain("a.txt");
    expect(lines).not.toContain("b.log");
    expect(lines.join("\n")).toMatch(/WORKDIR \/app/);
    await images.remove(tag);
    expect(await tags()).not.toContain(tag);
  });

  test(`${name} takes what did not change from its cache`, async () => {
    const dockerfile = `${head}FROM busybox\nRUN date +%N > /stamp\n`;
    const first = await build(dockerfile);
    await images.remove(first.tag);
    const second = await build(dockerfile);
    await images.remove(second.tag);
    expect(second.image.id).toBe(first.image.id);
    expect(second.lines.join("\n")).toContain("unchanged, taken from cache");
  });

  test(`${name} tells which step failed, how, and its last lines`, async () => {
    const reason = await failureOf(
      build(`${head}FROM busybox\nRUN echo first step\nRUN echo words of the step && exit 7\n`),
    );
    expect(reason).toMatchObject({ code: "build_step_failed", exitCode: 7, lastLines: ["words of the step"] });
    expect(reason.message).toBe(
      "A step of the Dockerfile failed with exit code 7: RUN echo words of the step && exit 7",
    );
  });

  test(`${name} tells the line of a mistake in the Dockerfile`, async () => {
    const reason = await failureOf(build(`${head}FROM busybox\nFOO bar\n`));
    expect(reason.code).toBe("dockerfile_invalid");
    expect(reason.message).toMatch(
      /^The Dockerfile cannot be read: dockerfile parse error line [23]: unknown instruction: FOO$/,
    );
  });

  test(`${name} names a base image that cannot be had`, async () => {
    const reason = await failureOf(build(`${head}FROM ${registry.host}/nobody/nothing:1\n`));
    expect(reason.code).toBe("base_image_missing");
    expect(reason.message).toMatch(/^The image .*nobody\/nothing(:1)? cannot be fetched: /);
  });

  test(`${name} names a file that is not there`, async () => {
    const reason = await failureOf(build(`${head}FROM busybox\nCOPY nope.txt .\n`));
    expect(reason.code).toBe("build_step_failed");
    expect(reason.message).toMatch(/nope/);
  });

  test(`${name} stops when the build is aborted, and leaves nothing running`, async () => {
    const stop = new AbortController();
    const marker = `marker-${newId()}`;
    const building = build(`${head}FROM busybox\nRUN while :; do sleep 1; done; echo ${marker}\n`, {
      signal: stop.signal,
    }).catch((err: unknown) => err);
    await waitFor(() => processesWith(`done; echo ${marker}`).length > 0, { timeoutMs: 20_000 });
    stop.abort(new Error("enough"));
    expect(await building).toEqual(new Error("enough"));
    await waitFor(() => processesWith(marker).length === 0, { timeoutMs: 20_000 });
  });
}

test("only BuildKit understands mounts, so it gets them", async () => {
  const { tag, lines } = await build("FROM busybox\nRUN --mount=type=cache,target=/c echo mounted\n");
  expect(lines).toContain("mounted");
  await images.remove(tag);
});

test("a step of the classic builder cannot use more than its memory", async () => {
  const reason = await failureOf(build("FROM busybox\nRUN head -c 500m /dev/zero | tail\n"));
  expect(reason.code).toBe("build_step_failed");
});

test("an empty Dockerfile is told", async () => {
  expect((await failureOf(build(""))).code).toBe("dockerfile_invalid");
});

test("a pushed image is in the registry by the digest that is told", async () => {
  const { tag } = await build("FROM busybox\nRUN echo pushed > /x\n");
  const { digest } = await images.push(tag, new Secret("right"), () => {}, never);
  const authorization = `Basic ${btoa("homeport:right")}`;
  expect(
    (await readImage(registry.host, "home/shop/api", digest, { authorization })).config.rootfs.diff_ids.length,
  ).toBeGreaterThan(1);
  await images.remove(tag);
});

test("a push that is refused is told, and one without a registry too", async () => {
  const { tag } = await build('FROM busybox\nCMD ["x"]\n');
  expect(await failureOf(images.push(tag, new Secret("wrong"), () => {}, never))).toMatchObject({
    code: "push_failed",
  });
  await images.remove(tag);
  const away = await build("FROM busybox\n", { tag: `127.0.0.1:1/home/x:build-${newId().slice(-12)}` });
  expect((await failureOf(images.push(away.tag, new Secret("x"), () => {}, never))).message).toMatch(
    /could not be pushed/,
  );
  await images.remove(away.tag);
});

test("what a killed runner left behind is removed, and nothing else", async () => {
  const left = await build('FROM busybox\nCMD ["left"]\n');
  const other = `other/thing:build-${newId().slice(-12)}`;
  await callDocker(docker.socketPath, `/images/busybox/tag?repo=other/thing&tag=${other.split(":")[1]}`, {
    method: "POST",
  });
  await images.removeLeftovers();
  const found = await tags();
  expect(found).not.toContain(left.tag);
  expect(found).toContain(other);
  expect(found).toContain("busybox:latest");
  await callDocker(docker.socketPath, `/images/${other}`, { method: "DELETE" });
});

test("an engine that is not there is told", async () => {
  const nowhere = dockerImages({ dockerHost: "unix:///nowhere.sock", runnerId, memoryBytes: 1e8 });
  const folder = await mkdtemp(join(dir, "context-"));
  await Bun.write(join(folder, "Dockerfile"), "FROM busybox\n");
  const building = nowhere.build(
    { folder, dockerfile: "Dockerfile", tag: "a/b:c", buildArgs: {}, cacheScope: "test" },
    () => {},
    never,
  );
  expect(await failureOf(building)).toMatchObject({ code: "engine_unavailable" });
});
