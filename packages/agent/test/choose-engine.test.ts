import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { sharedDocker } from "../../kit/test/docker.ts";
import { chooseEngine } from "../src/choose-engine.ts";
import { type AgentConfig, stopWorkloads } from "../src/index.ts";
import { putProcessImage } from "./images.ts";
import { startRegistry } from "./oci-registry.ts";
import { replicaOf } from "./replica.ts";

setDefaultTimeout(60_000);
const dir = await mkdtemp(join(tmpdir(), "homeport-choose-"));
const registry = startRegistry();
afterAll(async () => {
  await registry.stop();
  await rm(dir, { recursive: true, force: true });
});

const configOf = (changes: Partial<AgentConfig>): AgentConfig => ({
  nodeId: newId(),
  dataDir: join(dir, newId()),
  engine: "auto",
  registry: registry.host,
  registryPassword: async () => new Secret(registry.password),
  dockerHost: `unix://${dir}/nowhere.sock`,
  searchPath: process.env.PATH ?? "",
  ...changes,
});

const choose = async (config: AgentConfig) => {
  const engine = await chooseEngine(config, join(config.dataDir, "agent"));
  return engine;
};

test("auto takes Docker where it answers, and processes elsewhere", async () => {
  const docker = await sharedDocker();
  const present = await choose(configOf({ dockerHost: docker.host }));
  expect(present.kind).toBe("docker");
  const without = await choose(configOf({}));
  expect(without.kind).toBe("process");
  await without.close();
});

test("auto stays with what it took, so that nothing runs twice when Docker is away for a moment", async () => {
  const docker = await sharedDocker();
  const config = configOf({ dockerHost: docker.host });
  await (await choose(config)).close();
  await expect(choose({ ...config, dockerHost: `unix://${dir}/away.sock` })).rejects.toMatchObject({
    code: "unavailable",
  });
});

test("asking for the other engine removes what runs on the old one", async () => {
  const docker = await sharedDocker();
  const config = configOf({});
  const old = await choose(config);
  const image = await putProcessImage(registry);
  await old.pull(image, { username: "agent", password: new Secret(registry.password) }, AbortSignal.timeout(30_000));
  await old.start(replicaOf(image));
  await old.close();
  const next = await choose({ ...config, engine: "docker", dockerHost: docker.host });
  expect(next.kind).toBe("docker");
  const again = await choose({ ...config, engine: "process" });
  expect(await again.list()).toEqual([]);
  await again.close();
});

test("an engine that is asked for by name and is not there is an error in words", async () => {
  await expect(choose(configOf({ engine: "docker" }))).rejects.toThrow(/Docker engine cannot be reached/);
  await expect(choose(configOf({ engine: "docker", dockerHost: "ssh://somewhere" }))).rejects.toThrow(/must be unix/);
});

test("workloads can be stopped without an agent", async () => {
  const config = configOf({});
  const engine = await choose(config);
  const image = await putProcessImage(registry);
  await engine.pull(image, { username: "agent", password: new Secret(registry.password) }, AbortSignal.timeout(30_000));
  await engine.start(replicaOf(image));
  await engine.close();
  await stopWorkloads(config);
  const after = await choose(config);
  expect(await after.list()).toEqual([]);
  await after.close();
});
