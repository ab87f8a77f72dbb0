import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { callDocker } from "../../../kit/test/docker/api.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { containerName, LABEL, networkName } from "../../src/engines/docker/containers.ts";
import { placedFilesRoot } from "../../src/engines/placed-files.ts";
import { ReplicaFailure } from "../../src/failure.ts";
import { openEngine } from "../engine-options.ts";
import { startSocketProxy } from "../socket-proxy.ts";
import { type Bench, failureOf, get, LONG, NEVER } from "./bench.ts";

type Inspected = { Id: string; HostConfig: Record<string, unknown>; Config: Record<string, unknown> };

/** What the Docker engine promises beyond every engine: what a container may, and an engine that comes and goes. */
export const testDockerOnly = (bench: Bench): void => {
  const socketPath = () => (bench.machine.options.dockerHost ?? "").replace("unix://", "");
  const inspect = async (name: string): Promise<Inspected> =>
    (await callDocker(socketPath(), `/containers/${name}/json`)).json() as Promise<Inspected>;

  test("a container gets few privileges, its limits and its labels", async () => {
    const replica = bench.wish({ resources: { memoryMiB: 256, cpus: 0.5 }, graceSeconds: 7 });
    await bench.start(replica);
    const { HostConfig: host, Config: config } = await inspect(containerName(replica));
    expect(host).toMatchObject({
      Privileged: false,
      NetworkMode: networkName(replica.projectId),
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: 256 * 1024 * 1024,
      MemorySwap: 256 * 1024 * 1024,
      NanoCpus: 500_000_000,
      PidsLimit: 4096,
      Binds: null,
      PidMode: "",
      IpcMode: "private",
      PortBindings: null,
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    });
    expect(config.StopTimeout).toBe(7);
    expect(config.Labels).toMatchObject({ [LABEL.replica]: replica.id, [LABEL.node]: bench.machine.options.nodeId });
  });

  test("what is in a replica's files is not in what Docker says of its container", async () => {
    const secret = `canary-${Bun.randomUUIDv7()}`;
    const content = Buffer.from(secret).toString("base64");
    const replica = bench.wish({ files: [{ path: "/run/secrets/db/PASSWORD", content, mode: 0o444 }] });
    await bench.start(replica);
    const said = JSON.stringify(await inspect(containerName(replica)));
    expect(said).toContain('"Destination":"/run/secrets/db"');
    expect(said).not.toContain(secret);
    expect(said).not.toContain(content);
  });

  test("a serving replica is started again by the Docker engine itself, while no agent runs", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    await bench.engine.setRestart(replica.id, "always");
    expect((await inspect(containerName(replica))).HostConfig.RestartPolicy).toMatchObject({ Name: "unless-stopped" });
    await get(address, "/exit?code=1");
    await waitFor(async () => (await bench.engine.inspect(replica.id))?.restarts === 1, LONG);
    await waitFor(async () => (await bench.engine.inspect(replica.id))?.state.kind === "running", LONG);
    await bench.engine.stop(replica.id, 1);
    expect((await bench.engine.inspect(replica.id))?.state.kind).toBe("exited"); // a stop is a stop
  });

  test("somebody else's container of the same name is not taken for ours, and no file is left of the start", async () => {
    const { nodeId, dataDir } = bench.machine.options;
    const root = await placedFilesRoot("docker", { nodeId, agentDir: join(dataDir, "agent") });
    const replica = bench.wish({ files: [{ path: "/run/secrets/db/PASSWORD", content: "eA==", mode: 0o444 }] });
    const json = { Image: "oven/bun:1", Cmd: ["bun", "--version"] };
    const name = containerName(replica);
    await callDocker(socketPath(), `/containers/create?name=${name}`, { method: "POST", json });
    try {
      const failure = await failureOf(bench.start(replica));
      expect(failure).toMatchObject({ retryable: false, reason: { code: "name_taken" } });
      expect(existsSync(join(root, replica.id))).toBe(false);
      await bench.engine.remove(replica.id);
      expect((await inspect(name)).Config.Cmd).toEqual(["bun", "--version"]);
    } finally {
      await callDocker(socketPath(), `/containers/${name}?force=1`, { method: "DELETE" });
    }
  });

  test("a broken connection to the Docker engine loses no line of a log and repeats none", async () => {
    const path = join(bench.machine.options.dataDir, "proxy.sock");
    const proxy = await startSocketProxy(path, socketPath());
    const engine = await openEngine({ ...bench.machine.options, dockerHost: `unix://${path}` });
    const replica = bench.wish();
    const address = await bench.start(replica);
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { text } of engine.logs(replica.id, null, stop.signal)) seen.push(text);
    })();
    for (let round = 1; round <= 4; round += 1) {
      await get(address, "/log?count=250");
      if (round % 2 === 0) await waitFor(() => seen.filter((text) => text === "line 250").length === round, LONG);
      proxy.cut();
    }
    await waitFor(() => seen.filter((text) => text === "line 250").length === 4, LONG);
    await get(address, "/exit?code=0");
    await following;
    const expected = Array.from({ length: 1000 }, (_, index) => `line ${(index % 250) + 1}`);
    expect(seen.filter((text) => text.startsWith("line "))).toEqual(expected);
    proxy.stop();
  });

  test("a watch that was cut goes on, and hints that something may have been missed", async () => {
    const path = join(bench.machine.options.dataDir, "watched.sock");
    const proxy = await startSocketProxy(path, socketPath());
    const engine = await openEngine({ ...bench.machine.options, dockerHost: `unix://${path}` });
    const stop = new AbortController();
    let hints = 0;
    const watching = (async () => {
      for await (const _hint of engine.watch(stop.signal)) hints += 1;
    })();
    await waitFor(() => hints === 1, LONG);
    proxy.cut();
    await waitFor(() => hints === 2, LONG);
    stop.abort();
    await watching;
    proxy.stop();
  });

  test("a Docker engine that is away is an error in words, never an empty list", async () => {
    const path = join(bench.machine.options.dataDir, "gone.sock");
    const proxy = await startSocketProxy(path, socketPath());
    const engine = await openEngine({ ...bench.machine.options, dockerHost: `unix://${path}` });
    proxy.stop();
    await expect(engine.list()).rejects.toMatchObject({ code: "unavailable" });
    await expect(openEngine({ ...bench.machine.options, dockerHost: `unix://${path}` })).rejects.toThrow(
      /cannot be reached/,
    );
  });

  /** Gives an image that is on the machine a name of some registry, as an earlier pull of somebody else's would have. */
  const cacheAs = async (host: string): Promise<{ reference: string; forget: () => Promise<void> }> => {
    const reference = `${host}/acme/private:1`;
    const query = new URLSearchParams({ repo: `${host}/acme/private`, tag: "1" });
    await callDocker(socketPath(), `/images/oven/bun:1/tag?${query}`, { method: "POST" });
    const forget = () => callDocker(socketPath(), `/images/${reference}`, { method: "DELETE" });
    return { reference, forget: async () => void (await forget()) };
  };

  /** A registry that refuses everything in the same way. */
  const refusing = (status: number, code: string) =>
    Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (req) =>
        new URL(req.url).pathname === "/v2/"
          ? Response.json({})
          : Response.json({ errors: [{ code, message: "refused by the test" }] }, { status }),
    });

  test.each([
    { status: 401, code: "UNAUTHORIZED" },
    { status: 403, code: "DENIED" },
    { status: 404, code: "MANIFEST_UNKNOWN" },
    { status: 429, code: "TOOMANYREQUESTS" },
  ])("an image that its registry refuses with $status does not run from the node's cache", async ({ status, code }) => {
    const registry = refusing(status, code);
    const { reference, forget } = await cacheAs(`127.0.0.1:${registry.port}`);
    try {
      expect(await failureOf(bench.engine.pull({ reference }, null, NEVER))).toBeInstanceOf(ReplicaFailure);
    } finally {
      await forget();
      await registry.stop(true);
    }
  });

  test("an image whose registry is away runs from the node's cache", async () => {
    const registry = refusing(503, "UNAVAILABLE");
    const { reference, forget } = await cacheAs(`127.0.0.1:${registry.port}`);
    try {
      await bench.engine.pull({ reference }, null, NEVER);
      await registry.stop(true);
      await bench.engine.pull({ reference }, null, NEVER);
    } finally {
      await forget();
      await registry.stop(true);
    }
  });

  test("the id of an image is not a name for it", async () => {
    const found = await callDocker(socketPath(), "/images/oven/bun:1/json");
    const id = ((await found.json()) as { Id: string }).Id.slice("sha256:".length);
    for (const reference of [id.slice(0, 4), id.slice(0, 12), id, `sha256:${id}`]) {
      expect(await failureOf(bench.engine.pull({ reference }, null, NEVER))).not.toBeNull();
    }
  });

  test("a pull that nobody wants any more ends at once", async () => {
    const stop = new AbortController();
    const image = { repository: "home/shop/api", digest: `sha256:${newId().replaceAll("-", "").padEnd(64, "0")}` };
    const pulling = failureOf(bench.engine.pull(image, bench.credentials, AbortSignal.any([stop.signal, NEVER])));
    stop.abort();
    expect(await pulling).not.toBeNull();
  });
};
