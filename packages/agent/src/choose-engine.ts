import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";
import type { AgentConfig } from "./agent-config.ts";
import { dockerAnswers } from "./engines/docker/answers.ts";
import { log } from "./log.ts";
import type { ContainerEngine, EngineKind } from "./ports.ts";
import { readState, writeState } from "./state-file.ts";
import { stopEverything } from "./stop-everything.ts";

const Chosen = z.object({ kind: z.enum(["docker", "process"]) });

/**
 * Opens the engine that the configuration asks for. `auto` takes Docker where it answers at first start, and stays with
 * what it took: a Docker engine that is down for a moment must not start everything a second time as processes. Asked by
 * name for the other one, it first removes what runs on the old.
 *
 * @throws {DomainError} unavailable when the engine cannot be used.
 */
export const chooseEngine = async (config: AgentConfig, agentDir: string): Promise<ContainerEngine> => {
  const path = join(agentDir, "engine.json");
  const before = (await readState(path, Chosen))?.kind ?? null;
  const kind = config.engine === "auto" ? (before ?? (await detect(config))) : config.engine;
  if (before !== null && before !== kind) await leave(before, config, agentDir);
  const engine = await openEngine(kind, config, agentDir);
  await writeState(path, { kind });
  return engine;
};

// imported when needed: dockerode costs a tenth of a second and some 15 MB that a node without Docker can do without
const openDocker = () => import("./engines/docker.ts");
const openProcess = () => import("./engines/process.ts");

const detect = async (config: AgentConfig): Promise<EngineKind> =>
  (await dockerAnswers(config.dockerHost)) ? "docker" : "process";

const openEngine = async (kind: EngineKind, config: AgentConfig, agentDir: string): Promise<ContainerEngine> => {
  const { nodeId, registry, dockerHost, searchPath, diskReserve, dataDir: hidden } = config;
  if (kind === "docker")
    return (await openDocker()).openDockerEngine({ nodeId, dataDir: agentDir, registry, dockerHost, diskReserve });
  return (await openProcess()).openProcessEngine({
    nodeId,
    dataDir: agentDir,
    hidden,
    registry,
    searchPath,
    diskReserve,
  });
};

const leave = async (kind: EngineKind, config: AgentConfig, agentDir: string): Promise<void> => {
  try {
    const old = await openEngine(kind, config, agentDir);
    await stopEverything(old, config);
    await old.close();
  } catch (err) {
    if (!(err instanceof DomainError)) throw err;
    log.warn({ err, engine: kind }, "the former engine does not answer; what it runs was left as it is");
  }
};
