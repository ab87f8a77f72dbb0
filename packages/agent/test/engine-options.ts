import { openDockerEngine } from "../src/engines/docker.ts";
import { openProcessEngine } from "../src/engines/process.ts";
import type { ContainerEngine } from "../src/ports.ts";

/** What it takes to open an engine; plain data, so that another process can be told. */
export type EngineOptions = {
  kind: "docker" | "process";
  nodeId: string;
  dataDir: string;
  registry: string;
  dockerHost?: string;
};

export const openEngine = ({ kind, nodeId, dataDir, registry, dockerHost }: EngineOptions): Promise<ContainerEngine> =>
  kind === "docker"
    ? openDockerEngine({ nodeId, dataDir: `${dataDir}/agent`, registry, dockerHost })
    : openProcessEngine({
        nodeId,
        dataDir: `${dataDir}/agent`,
        hidden: dataDir,
        registry,
        searchPath: process.env.PATH ?? "",
      });
