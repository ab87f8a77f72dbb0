import { setDefaultTimeout } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { ensureBaseImages } from "../../kit/test/base-images/build.ts";
import { callDocker } from "../../kit/test/docker/api.ts";
import { sharedDocker } from "../../kit/test/docker.ts";
import { LABEL, networkName } from "../src/engines/docker/containers.ts";
import { placedFilesRoot } from "../src/engines/placed-files.ts";
import { testAgentMore } from "./agent-more-suite.ts";
import { testAgent } from "./agent-suite.ts";
import { testEngine } from "./engine-suite.ts";
import { putContainerImage } from "./images.ts";
import type { Machine } from "./machine.ts";
import { startRegistry } from "./oci-registry.ts";
import { testDockerDisk } from "./suite/docker-disk.ts";
import { testDockerOnly } from "./suite/docker-only.ts";
import { testLeftTerminals } from "./suite/terminals.ts";

const prepare = async (): Promise<Machine> => {
  const docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath, ["bun"]);
  const dataDir = await mkdtemp(join(tmpdir(), "homeport-agent-"));
  const registry = startRegistry();
  const list = async (path: string, filters: Record<string, string[]>): Promise<{ Id: string }[]> => {
    const query = new URLSearchParams({ all: "1", filters: JSON.stringify(filters) });
    return (await (await callDocker(docker.socketPath, `${path}?${query}`)).json()) as { Id: string }[];
  };
  const nodeId = newId();
  const files = await placedFilesRoot("docker", { nodeId, agentDir: join(dataDir, "agent") });
  return {
    options: { kind: "docker", nodeId, dataDir, registry: registry.host, dockerHost: docker.host },
    registry,
    image: await putContainerImage(registry, docker.socketPath),
    async traces(replicaId, projectId) {
      const containers = await list("/containers/json", { label: [`${LABEL.replica}=${replicaId}`] });
      const networks = await list("/networks", { name: [networkName(projectId)] });
      // processes inside the container, as long as there is one
      return [
        ...containers.map(({ Id }) => `container ${Id}`),
        ...networks.map(({ Id }) => `network ${Id}`),
        ...[join(files, replicaId)].filter((dir) => existsSync(dir)),
      ];
    },
    async startForeign() {
      const body = {
        Image: "oven/bun:1",
        Cmd: ["bun", "-e", "setInterval(() => {}, 1000)"],
        Labels: { [LABEL.replica]: newId(), [LABEL.node]: newId() },
      };
      const created = await callDocker(docker.socketPath, "/containers/create", { method: "POST", json: body });
      const { Id } = (await created.json()) as { Id: string };
      await callDocker(docker.socketPath, `/containers/${Id}/start`, { method: "POST" });
      return {
        async isAlive() {
          const found = (await (await callDocker(docker.socketPath, `/containers/${Id}/json`)).json()) as {
            State: { Running: boolean };
          };
          return found.State.Running;
        },
        async stop() {
          await callDocker(docker.socketPath, `/containers/${Id}?force=1`, { method: "DELETE" });
        },
      };
    },
    async stop() {
      await registry.stop();
      await rm(dirname(files), { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
      await docker.stop();
    },
  };
};

setDefaultTimeout(90_000);
testEngine("docker engine", prepare, (bench) => {
  testDockerOnly(bench);
  testDockerDisk(bench);
  testLeftTerminals(bench);
});
testAgent("agent with the docker engine", prepare);
testAgentMore("runs, volumes and tasks with the docker engine", prepare);
