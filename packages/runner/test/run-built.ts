import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { callDocker, lastLine } from "@homeport/kit/test/docker/api.ts";
import type { Docker } from "@homeport/kit/test/docker.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import type { BuildResult } from "../src/build-spec.ts";
import { readImage, type TestRegistry } from "./registry.ts";

const AUTHORIZATION = `Basic ${btoa("homeport:right")}`;

const freePort = (): number => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  server.stop(true);
  return server.port;
};

const firstAnswer = (port: number): Promise<string> =>
  waitFor(
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) }).catch(
        () => null,
      );
      return response === null ? undefined : response.text();
    },
    { timeoutMs: 60_000, message: "it does not answer" },
  );

/** Unpacks a process image at some other place than it was built in, starts it, and asks it for a page. */
export const answerOfProcess = async (
  registry: TestRegistry,
  { repository, digest }: BuildResult,
  { PATH, dir }: { PATH: string; dir: string },
): Promise<string> => {
  const image = await readImage(registry.host, repository, digest, { authorization: AUTHORIZATION });
  const folder = await mkdtemp(join(dir, "image-"));
  await Bun.write(join(folder, "layer.tar.gz"), await image.layer());
  Bun.spawnSync(["tar", "--extract", "--file", join(folder, "layer.tar.gz"), "--directory", folder]);
  const { Cmd, WorkingDir, Env = [] } = image.config.config as { Cmd: string[]; WorkingDir: string; Env?: string[] };
  const port = freePort();
  const env = Object.fromEntries(
    Env.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
  );
  const child = Bun.spawn(Cmd, {
    cwd: join(folder, WorkingDir),
    env: { ...env, PATH, HOME: folder, PORT: String(port) },
    detached: true,
  });
  try {
    return await firstAnswer(port);
  } finally {
    process.kill(-child.pid, "SIGKILL");
    await child.exited;
  }
};

/** Runs a container image from the registry, and asks it for a page. */
export const answerOfContainer = async (
  docker: Docker,
  registry: TestRegistry,
  { repository, digest }: BuildResult,
): Promise<string> => {
  const reference = `${registry.host}/${repository}@${digest}`;
  const credentials = { username: "homeport", password: "right" };
  const pulled = await fetch(`http://docker/images/create?fromImage=${encodeURIComponent(reference)}`, {
    unix: docker.socketPath,
    method: "POST",
    headers: { "X-Registry-Auth": Buffer.from(JSON.stringify(credentials)).toString("base64url") },
  });
  await lastLine(pulled);
  const port = freePort();
  const json = { Image: reference, Env: [`PORT=${port}`], HostConfig: { NetworkMode: "host" } };
  const created = await callDocker(docker.socketPath, "/containers/create", { method: "POST", json });
  const { Id } = (await created.json()) as { Id: string };
  try {
    await callDocker(docker.socketPath, `/containers/${Id}/start`, { method: "POST" });
    return await firstAnswer(port);
  } finally {
    await callDocker(docker.socketPath, `/containers/${Id}?force=1`, { method: "DELETE" });
  }
};
