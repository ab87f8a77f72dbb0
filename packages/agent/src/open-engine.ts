import { mkdir } from "node:fs/promises";
import { type AgentConfig, agentDirOf } from "./agent-config.ts";
import { chooseEngine } from "./choose-engine.ts";
import type { ContainerEngine } from "./ports.ts";
import { stopEverything } from "./stop-everything.ts";

/** Opens the node's engine, for whoever has to know it before the agent starts. @throws {DomainError} unavailable */
export const openEngine = async (config: AgentConfig): Promise<ContainerEngine> => {
  const agentDir = agentDirOf(config.dataDir);
  await mkdir(agentDir, { recursive: true, mode: 0o700 });
  return chooseEngine(config, agentDir);
};

/** Stops everything this node runs while no agent is there to do so. */
export const stopWorkloads = async (config: AgentConfig): Promise<void> => {
  const engine = await openEngine(config);
  try {
    await stopEverything(engine, config);
  } finally {
    await engine.close();
  }
};
