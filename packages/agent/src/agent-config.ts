import { join } from "node:path";
import type { Secret } from "@homeport/kit/secret.ts";
import type { DiskReserve } from "./disk.ts";

export type EngineChoice = "auto" | "docker" | "process";

export type AgentConfig = {
  nodeId: string;
  /** The platform's data folder (HOMEPORT_DATA); the agent keeps its own things in `agent/` below it. */
  dataDir: string;
  engine: EngineChoice;
  /** host:port from which images of our own are pulled (HOMEPORT_REGISTRY). */
  registry: string;
  /** The password of the moment for the registry; asked before every pull, since tokens expire. */
  registryPassword(): Promise<Secret>;
  /** A DOCKER_HOST value; absent for Docker's default socket. */
  dockerHost?: string | undefined;
  /** PATH on which the process engine finds the machine's node, bun and so on. */
  searchPath: string;
  /** Default: a day. */
  keepImagesMs?: number | undefined;
  /** Default: 2 GiB or 5 %, whichever is more. */
  diskReserve?: DiskReserve | undefined;
};

/** The agent's own folder in the platform's data folder. */
export const agentDirOf = (dataDir: string): string => join(dataDir, "agent");
