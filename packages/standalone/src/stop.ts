import { readFileSync } from "node:fs";
import { stopWorkloads } from "@homeport/agent/open-engine.ts";
import { startLocalPostgres } from "@homeport/kit/local/postgres.ts";
import { startLocalValkey } from "@homeport/kit/local/valkey.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { readOuterConfig } from "./config.ts";
import { openInstallation } from "./identity.ts";
import type { Engine } from "./options.ts";
import { pathsOf } from "./paths.ts";
import { endProcess } from "./pid-file.ts";

const GRACE_MS = 60_000;

/**
 * Stops a platform, whether or not its supervisor still lives, and its workloads unless they are to be kept. Nothing
 * that runs is no error: stopped is what was asked for.
 */
export const stopPlatform = async (dataDir: string, keepWorkloads: boolean): Promise<void> => {
  const paths = pathsOf(dataDir);
  await endProcess(paths.pidFiles.supervisor, "SIGTERM", GRACE_MS);
  await endProcess(paths.pidFiles.apps, "SIGTERM", GRACE_MS);
  await endProcess(paths.pidFiles.gateway, "SIGTERM", GRACE_MS);
  if (!keepWorkloads) await stopOwnWorkloads(dataDir);
  await stopServers(dataDir);
};

/** Stops and removes what this installation's agent runs; the next start brings it back from the desired state. */
export const stopOwnWorkloads = (dataDir: string): Promise<void> => {
  const { dockerHost, searchPath } = readOuterConfig();
  return stopWorkloads({
    nodeId: openInstallation(dataDir).nodeId,
    engine: startedEngine(dataDir),
    dataDir,
    dockerHost,
    searchPath,
    registry: "", // nothing is pulled any more
    registryPassword: async () => new Secret(""),
  });
};

/** Ends servers that a killed supervisor left behind. */
const stopServers = async (dataDir: string): Promise<void> => {
  const { redisUrl, databaseUrl } = readOuterConfig();
  if (redisUrl === undefined) await (await startLocalValkey({ dataDir })).stop();
  if (databaseUrl === null) await (await startLocalPostgres({ dataDir })).stop();
};

const StartedWith = z.object({ engine: z.enum(["auto", "docker", "process"]) });

const startedEngine = (dataDir: string): Engine => {
  try {
    return StartedWith.parse(JSON.parse(readFileSync(pathsOf(dataDir).startedWithFile, "utf8"))).engine;
  } catch {
    return "auto"; // it was never started
  }
};
