import { type AgentConfig, agentDirOf } from "./agent-config.ts";
import { log } from "./log.ts";
import { openEngine } from "./open-engine.ts";
import type { ContainerEngine, ControlPlane, LogSink } from "./ports.ts";
import { runAgent } from "./service/agent.ts";
import { desiredPath, loadDesired } from "./service/follow-desired.ts";
import { stopEverything } from "./stop-everything.ts";

export type { AgentConfig, EngineChoice } from "./agent-config.ts";
export { openEngine, stopWorkloads } from "./open-engine.ts";
export type {
  ContainerEngine,
  ControlPlane,
  Credentials,
  EngineInfo,
  EngineKind,
  LogBatch,
  LogLine,
  LogSink,
  LogStream,
} from "./ports.ts";

/** The name under which the agent signs in to the registry; only the password counts there. */
const REGISTRY_USER = "agent";
const DAY_MS = 24 * 60 * 60_000;

/** The highest generation that the node on this data folder has ever taken; 0 for none. */
export const appliedGeneration = async ({
  nodeId,
  dataDir,
}: Pick<AgentConfig, "nodeId" | "dataDir">): Promise<number> =>
  (await loadDesired(desiredPath(agentDirOf(dataDir)), nodeId))?.generation ?? 0;

export type Agent = {
  engine: ContainerEngine;
  /** Ends the agent. What runs goes on running, and the next agent takes it over. */
  stop(): Promise<void>;
  /** Ends the agent and everything it runs. The next agent starts it all again, since the wish for it stays. */
  stopWorkloads(): Promise<void>;
};

/**
 * Starts the agent of one node. Only one may run on a data folder at a time.
 *
 * @throws {DomainError} unavailable when the engine cannot be used.
 */
export const startAgent = async (
  config: AgentConfig,
  parts: { controlPlane: ControlPlane; logSink: LogSink; engine?: ContainerEngine },
): Promise<Agent> => {
  const agentDir = agentDirOf(config.dataDir);
  const engine = parts.engine ?? (await openEngine(config));
  const stopping = new AbortController();
  const running = await runAgent(
    {
      nodeId: config.nodeId,
      dataDir: agentDir,
      engine,
      controlPlane: parts.controlPlane,
      logSink: parts.logSink,
      credentials: async () => ({ username: REGISTRY_USER, password: await config.registryPassword() }),
      keepImagesMs: config.keepImagesMs ?? DAY_MS,
    },
    stopping.signal,
  );
  const ended = running.ended.catch((err: unknown) => log.fatal({ err }, "the agent stopped by itself"));

  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
    await engine.close();
  };

  log.info({ engine: engine.kind, nodeId: config.nodeId }, "agent started");
  return {
    engine,
    stop,
    async stopWorkloads() {
      await running.emptyNode();
      stopping.abort();
      await ended;
      try {
        await stopEverything(engine, config); // what did not go in good order
      } finally {
        await engine.close();
      }
    },
  };
};
