import { stopWorkloads } from "@homeport/agent/open-engine.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { stopLocalPostgres } from "@homeport/kit/local/postgres.ts";
import { stopLocalValkey } from "@homeport/kit/local/valkey.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { readOuterConfig } from "./config.ts";
import { openInstallation } from "./identity.ts";
import { pathsOf } from "./paths.ts";
import { endProcess } from "./pid-file.ts";
import { findStartedWith } from "./started-with.ts";

/** For the apps and then the gateway, which have 25 s each, and for the servers after them. */
const GRACE_MS = 100_000;

/**
 * Stops a platform, whether or not its supervisor still lives, and its workloads unless they are to be kept. Nothing
 * that runs is no error: stopped is what was asked for.
 *
 * @throws {DomainError} not_found, having touched nothing, where there is no installation; unavailable, having stopped
 * all else, when the workloads could not be stopped
 */
export const stopPlatform = async (dataDir: string, keepWorkloads: boolean): Promise<void> => {
  const paths = pathsOf(dataDir);
  if (findStartedWith(paths.startedWithFile) === null) {
    throw new DomainError("not_found", `There is no Homeport in ${dataDir}.`);
  }
  await endProcess(paths.pidFiles.supervisor, "SIGTERM", GRACE_MS);
  await endProcess(paths.pidFiles.apps, "SIGTERM", GRACE_MS);
  await endProcess(paths.pidFiles.gateway, "SIGTERM", GRACE_MS);
  try {
    if (!keepWorkloads) await stopOwnWorkloads(dataDir);
  } finally {
    // Servers that a killed supervisor left behind, and only those have a file that names them.
    await Promise.all([stopLocalValkey(dataDir), stopLocalPostgres(dataDir)]);
  }
};

/**
 * Stops and removes what this installation's agent runs; the next start brings it back from the desired state.
 *
 * @throws {DomainError} unavailable
 */
export const stopOwnWorkloads = async (dataDir: string): Promise<void> => {
  const startedWith = findStartedWith(pathsOf(dataDir).startedWithFile);
  if (startedWith === null) return;
  try {
    await stopWorkloads({
      nodeId: openInstallation(dataDir).nodeId,
      engine: startedWith.engine,
      dataDir,
      dockerHost: startedWith.dockerHost,
      searchPath: readOuterConfig().searchPath,
      registry: "", // nothing is pulled any more
      registryPassword: async () => new Secret(""),
    });
  } catch (err) {
    if (!(err instanceof DomainError)) throw err;
    throw new DomainError("unavailable", `Homeport has stopped, but its workloads may still run. ${err.message}`, {
      cause: err,
    });
  }
};
