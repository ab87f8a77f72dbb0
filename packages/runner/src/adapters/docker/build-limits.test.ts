import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { callDocker } from "@homeport/kit/test/docker/api.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { BuildFailure } from "../../build-failure.ts";
import type { ImageEngine } from "../../ports.ts";
import { dockerImages } from "./image-engine.ts";

setDefaultTimeout(120_000);

const MEMORY = 256 * 1024 * 1024;
const CORPUS = join(import.meta.dir, "../../../test/corpus/dockerfiles");

let docker: Docker;
let images: ImageEngine;
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-limits-"));
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath, ["busybox"]);
  images = dockerImages({ dockerHost: docker.host, runnerId: `test-${newId().slice(-8)}`, memoryBytes: MEMORY });
});
afterAll(async () => {
  await docker.stop();
  await rm(dir, { recursive: true, force: true });
});

const newTag = () => `127.0.0.1:1/home/limits:build-${newId().slice(-12)}`;

/** Builds, and gives what the steps printed. */
const build = async (dockerfile: string, options: { scope?: string; signal?: AbortSignal } = {}): Promise<string[]> => {
  const folder = await mkdtemp(join(dir, "context-"));
  await Bun.write(join(folder, "Dockerfile"), dockerfile);
  return buildFolder(folder, options);
};

const buildFolder = async (
  folder: string,
  options: { scope?: string; signal?: AbortSignal } = {},
): Promise<string[]> => {
  const tag = newTag();
  const lines: string[] = [];
  const { scope = "one", signal = new AbortController().signal } = options;
  const what = { folder, dockerfile: "Dockerfile", tag, buildArgs: {}, cacheScope: scope };
  try {
    await images.build(what, (_, line) => void lines.push(line), signal);
    return lines;
  } finally {
    await images.remove(tag);
  }
};

type Container = { Id: string; Command: string };

const stepRunning = async (marker: string): Promise<string | undefined> => {
  const all = (await (await callDocker(docker.socketPath, "/containers/json")).json()) as Container[];
  return all.find(({ Command }) => Command.includes(marker))?.Id;
};

test("a step of the classic builder gets its memory, no swap, and a sixteenth of a service's share of time", async () => {
  const marker = `marker-${newId()}`;
  const stop = new AbortController();
  const building = build(`FROM busybox\nRUN : ${marker}; while :; do sleep 1; done\n`, { signal: stop.signal });
  const ended = building.catch((err: unknown) => err);
  try {
    const id = await waitFor(() => stepRunning(marker), { timeoutMs: 30_000 });
    const { HostConfig } = (await (await callDocker(docker.socketPath, `/containers/${id}/json`)).json()) as {
      HostConfig: object;
    };
    expect(HostConfig).toMatchObject({ Memory: MEMORY, MemorySwap: MEMORY, CpuShares: 64, Privileged: false });
    expect(HostConfig).toMatchObject({ NetworkMode: expect.stringMatching(/^(default|bridge)$/), Binds: null });
  } finally {
    stop.abort(new Error("enough"));
  }
  expect(await ended).toEqual(new Error("enough"));
});

test("a process of a step may write to no more than that either, which is what BuildKit goes by", async () => {
  const lines = await build("FROM busybox\nRUN ulimit -d && ulimit -Hd\n");
  expect(lines.filter((line) => line === String(MEMORY / 1024))).toHaveLength(2);
});

test("what a cache mount keeps is there for builds of the same scope and for no others", async () => {
  const id = newId();
  const mounted = (command: string) =>
    `FROM busybox\nRUN --mount=type=cache,id=${id},target=/c ${command} # ${newId()}\n`;
  await build(mounted("echo poisoned > /c/package"), { scope: "one" });
  expect(await build(mounted("ls /c"), { scope: "one" })).toContain("package");
  expect(await build(mounted("ls /c"), { scope: "two" })).not.toContain("package");
});

test("no step has an agent, a device, a right or a socket of the machine", async () => {
  const lines = await build(
    "FROM busybox\nRUN --mount=type=tmpfs,target=/t (ls -d /run/docker.sock /var/run/docker.sock /dev/sd* /dev/mem; echo \"agent:$SSH_AUTH_SOCK\"; mount -t proc none /mnt || echo 'no mounts') 2>&1\n",
  );
  expect(lines).toContain("agent:");
  expect(lines).toContain("no mounts");
  expect(lines.filter((line) => /^\/(run|var|dev)/.test(line))).toEqual([]);
});

/** What the corpus calls harmless is built: its own steps fail where it is not. A frontend would have to be downloaded. */
const HARMLESS = [
  "no-network",
  "bind-mount-of-the-source",
  "secret-mount",
  "cache-mount",
  "add-local",
  "from-variable",
  "onbuild",
  "documents",
  "escape-directive",
  "root-inside",
];
/** Docker before 23 knows neither: RUN's network, nor here-documents, whose lines it takes for instructions. */
const TOO_NEW = /Unknown flag: network|unknown instruction: SET/;
for (const name of HARMLESS) {
  test(`${name} is built, or too new for this engine`, async () => {
    const folder = await mkdtemp(join(dir, "context-"));
    await copyFile(join(CORPUS, `${name}.Dockerfile`), join(folder, "Dockerfile"));
    await copyFile(join(CORPUS, `${name}.Dockerfile`), join(folder, "x.Dockerfile"));
    const built = await buildFolder(folder).catch((err: unknown) => err);
    if (built instanceof BuildFailure) expect(built.reason.message).toMatch(TOO_NEW);
    else expect((built as string[]).length).toBeGreaterThan(0);
  });
}
