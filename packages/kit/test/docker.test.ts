import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ensureBaseImages } from "./base-images/build.ts";
import { callDocker, lastLine } from "./docker/api.ts";
import { run, tryRun } from "./docker/command.ts";
import { readState } from "./docker/daemon.ts";
import { identify, isAlive } from "./docker/process.ts";
import { mountsBelow } from "./docker/remains.ts";
import { type Docker, missingForDocker, sharedDocker, startDocker } from "./docker.ts";
import { waitFor } from "./wait-for.ts";

setDefaultTimeout(120_000);

const isMissing = missingForDocker() !== null;
const withDocker = test.skipIf(isMissing);

let docker: Docker;

beforeAll(async () => {
  if (isMissing) return;
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath);
});

const post = async (on: Docker, path: string, json?: unknown): Promise<Record<string, unknown>> => {
  const response = await callDocker(on.socketPath, path, { method: "POST", json: json ?? {} });
  return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
};

const start = async (
  on: Docker,
  image: string,
  cmd: string[],
  options: Record<string, unknown> = {},
): Promise<string> => {
  const { Id } = await post(on, "/containers/create", {
    Image: image,
    Cmd: cmd,
    Tty: true,
    Env: ["NO_COLOR=1"],
    ...options,
  });
  await post(on, `/containers/${Id}/start`);
  return String(Id);
};

/** Runs a program to its end in a container of its own. */
const runIn = async (image: string, cmd: string[]): Promise<{ exitCode: unknown; output: string }> => {
  const id = await start(docker, image, cmd);
  const { StatusCode } = await post(docker, `/containers/${id}/wait`);
  const logs = await callDocker(docker.socketPath, `/containers/${id}/logs?stdout=1&stderr=1`);
  await callDocker(docker.socketPath, `/containers/${id}?force=1`, { method: "DELETE" });
  return { exitCode: StatusCode, output: await logs.text() };
};

const build = async (tag: string, files: Record<string, string>, network: string): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), "homeport-build-"));
  try {
    for (const [name, text] of Object.entries(files)) await Bun.write(join(dir, "context", name), text);
    await run(["tar", "--create", "--file", join(dir, "context.tar"), "--directory", join(dir, "context"), "."]);
    const path = `/build?t=${tag}&nocache=1&rm=1&forcerm=1&networkmode=${network}`;
    const body = Bun.file(join(dir, "context.tar"));
    await lastLine(await callDocker(docker.socketPath, path, { method: "POST", body, timeoutMs: 100_000 }));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const programs: { image: string; cmd: string[]; says: RegExp }[] = [
  { image: "busybox:latest", cmd: ["busybox", "uname"], says: /^Linux/ },
  { image: "oven/bun:1", cmd: ["bun", "--version"], says: /^\d+\.\d+\.\d+/ },
  { image: "oven/bun:1", cmd: ["/usr/bin/env", "bun", "-e", "console.log(process.getuid())"], says: /^0/ },
  { image: "node:22-slim", cmd: ["node", "--print", "process.platform"], says: /^linux/ },
  { image: "node:22-slim", cmd: ["npm", "--version"], says: /^\d+\.\d+\.\d+/ },
];

for (const { image, cmd, says } of programs) {
  withDocker(`${image} runs ${cmd.join(" ")}`, async () => {
    const { exitCode, output } = await runIn(image, cmd);
    expect(output).toMatch(says);
    expect(exitCode).toBe(0);
  });
}

const packageJson = JSON.stringify({ name: "app", dependencies: { "is-odd": "3.0.1" } });

for (const network of ["default", "host"]) {
  withDocker(`npm and bun reach the registry inside a build with the ${network} network`, async () => {
    const node = "FROM node:22-slim\nWORKDIR /app\nCOPY package.json .\nRUN npm install --no-audit\n";
    await build(`homeport-test-node:${network}`, { Dockerfile: node, "package.json": packageJson }, network);
    const bun = "FROM oven/bun:1\nWORKDIR /app\nCOPY package.json .\nRUN bun install\n";
    await build(`homeport-test-bun:${network}`, { Dockerfile: bun, "package.json": packageJson }, network);
    const check = ["node", "--print", "require('/app/node_modules/is-odd')(3)"];
    expect(await runIn(`homeport-test-node:${network}`, check)).toEqual({ exitCode: 0, output: "true\r\n" });
  });
}

withDocker("a failing step of a build is an error with its output", async () => {
  const files = { Dockerfile: "FROM busybox:latest\nRUN echo words of the step && exit 7\n" };
  await expect(build("homeport-test-failing", files, "default")).rejects.toThrow(/words of the step/);
});

withDocker("an image that is there already is not made again", async () => {
  const idOf = async () =>
    ((await (await callDocker(docker.socketPath, "/images/oven/bun:1/json")).json()) as { Id: string }).Id;
  const before = await idOf();
  await ensureBaseImages(docker.socketPath, ["bun"]);
  expect(await idOf()).toBe(before);
});

const server = ["bun", "-e", "Bun.serve({ port: 80, fetch: () => new Response('here') })"];
const published = {
  ExposedPorts: { "80/tcp": {} },
  HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
};

const urlOf = async (on: Docker, id: string): Promise<string> => {
  const container = (await (await callDocker(on.socketPath, `/containers/${id}/json`)).json()) as {
    NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
  };
  return `http://127.0.0.1:${container.NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort}`;
};

const answer = (url: string) => waitFor(async () => (await fetch(url, { signal: AbortSignal.timeout(1000) })).text());

withDocker("a second daemon leaves the first one's published ports alone, and stopping it does too", async () => {
  const id = await start(docker, "oven/bun:1", server, published);
  const url = await urlOf(docker, id);
  expect(await answer(url)).toBe("here");
  const second = await startDocker();
  expect(await answer(url)).toBe("here");
  await second.stop();
  expect(await answer(url)).toBe("here");
  await callDocker(docker.socketPath, `/containers/${id}?force=1`, { method: "DELETE" });
});

withDocker("stopping a daemon takes back containers, processes, mounts, network and files", async () => {
  const own = await startDocker();
  const root = dirname(own.socketPath);
  await ensureBaseImages(own.socketPath, ["busybox"]);
  const id = await start(own, "busybox:latest", ["sleep", "600"], published);
  const inspected = await callDocker(own.socketPath, `/containers/${id}/json`);
  const { State } = (await inspected.json()) as { State: { Pid: number } };
  const { dockerd, containerd, network } = readState(root)!;
  const processes = [dockerd!, containerd!, identify(State.Pid)!];
  expect(processes.map(isAlive)).toEqual([true, true, true]);
  expect(mountsBelow(root).length).toBeGreaterThan(0);
  await own.stop();
  expect(processes.map(isAlive)).toEqual([false, false, false]);
  expect(mountsBelow(root)).toEqual([]);
  expect(await tryRun(["ip", "link", "show", network!.bridge])).toBe(false);
  expect(await run(["iptables-save"])).not.toContain(network!.bridge);
  expect(existsSync(root)).toBe(false);
});

withDocker("a daemon and its containers end with the process that started it, also by kill -9", async () => {
  const script = `
    import { startDocker } from ${JSON.stringify(join(import.meta.dir, "docker.ts"))};
    import { ensureBaseImages } from ${JSON.stringify(join(import.meta.dir, "base-images/build.ts"))};
    const docker = await startDocker();
    await ensureBaseImages(docker.socketPath, ["busybox"]);
    console.log(docker.socketPath);
    setInterval(() => {}, 1000);`;
  const owner = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  const { value } = await owner.stdout.getReader().read();
  const socketPath = new TextDecoder().decode(value).trim();
  const orphan: Docker = { socketPath, host: "", stop: async () => {} };
  const id = await start(orphan, "busybox:latest", ["sleep", "600"]);
  const inspected = await callDocker(socketPath, `/containers/${id}/json`);
  const container = identify(((await inspected.json()) as { State: { Pid: number } }).State.Pid)!;
  owner.kill("SIGKILL");
  await waitFor(() => !existsSync(dirname(socketPath)), { timeoutMs: 30_000 });
  expect(isAlive(container)).toBe(false);
});
