import { appliedGeneration, startAgent } from "@homeport/agent";
import { clustersControlPlane } from "@homeport/agent/adapters/control-plane.ts";
import { loggingSink } from "@homeport/agent/adapters/log-sink.ts";
import { openEngine } from "@homeport/agent/open-engine.ts";
import { readPlatformConfig } from "@homeport/kit/config.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { SignedPrincipal } from "@homeport/kit/identity.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { runApps } from "@homeport/kit/run.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { startRunner } from "@homeport/runner";
import { loggingBuildLog } from "@homeport/runner/adapters/build-log.ts";
import { ciJobs } from "@homeport/runner/adapters/job-source.ts";
import { DEFAULT_LIMITS } from "@homeport/runner/service/limits.ts";
import { loadApps } from "./app-list.ts";
import { readAppsConfig } from "./config.ts";

/** The process of everything but the gateway: all apps, this machine's agent and one runner. */
const log = createLogger("standalone");
process.on("unhandledRejection", (err) => log.error({ err }, "a promise failed and nobody was waiting for it"));

/** Opens everything in order, and gives what ends it. */
const start = async (): Promise<() => Promise<void>> => {
  const config = readPlatformConfig();
  const own = readAppsConfig();
  const apps = await runApps(config, await loadApps());
  const as = (principal: SignedPrincipal) => ({
    url: config.gatewayUrl,
    token: () => apps.platform.identityOf(principal),
  });

  const asAgent = as({ kind: "agent", nodeId: own.nodeId });
  const agentConfig = {
    nodeId: own.nodeId,
    dataDir: config.dataDir,
    engine: own.engine,
    dockerHost: own.dockerHost,
    registry: config.registryHost,
    registryPassword: async () => new Secret(await asAgent.token()),
    searchPath: own.searchPath,
  };
  const engine = await openEngine(agentConfig);
  const applied = await appliedGeneration(agentConfig);
  const agent = await startAgent(agentConfig, {
    engine,
    controlPlane: clustersControlPlane({
      ...asAgent,
      version: config.version,
      engine,
      appliedGeneration: () => applied,
    }),
    logSink: loggingSink(asAgent),
  });
  // Loaded where it is used: the client library takes 14 MiB, and the process engine builds without it.
  const docker = engine.kind === "docker" ? await import("@homeport/runner/adapters/docker/image-engine.ts") : null;
  const asRunner = as({ kind: "runner", runnerId: own.nodeId });
  const runner = await startRunner(
    {
      dataDir: config.dataDir,
      registry: config.registryHost,
      allowPrivateHosts: own.allowPrivateHosts,
      searchPath: own.searchPath,
      buildEnv: own.buildEnv,
    },
    {
      jobs: ciJobs(asRunner, [engine.kind]),
      log: loggingBuildLog(asRunner),
      images:
        docker !== null
          ? docker.dockerImages({
              dockerHost: own.dockerHost,
              runnerId: own.nodeId,
              memoryBytes: DEFAULT_LIMITS.buildMemoryBytes,
            })
          : null,
    },
  );
  return async () => {
    await runner.stop(); // first, so that no build ends half reported
    await agent.stop(); // leaves its workloads running
    await apps.stop();
  };
};

const end = await start().catch((err: unknown) => {
  log.error({ err: err instanceof DomainError ? err.message : err }, "the apps could not start");
  process.exit(1);
});
process.send?.("ready");

let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  try {
    await end();
    process.exit(0);
  } catch (err) {
    log.error({ err }, "stop failed");
    process.exit(1);
  }
};
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
