import { startAgent } from "@homeport/agent";
import { readPlatformConfig } from "@homeport/kit/config.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { runApps } from "@homeport/kit/run.ts";
import { startRunner } from "@homeport/runner";
import { loadApps } from "./app-list.ts";
import { readAppsConfig } from "./config.ts";

/** The process of everything but the gateway: all apps, this machine's agent and one runner. */
const log = createLogger("standalone");
const config = readPlatformConfig();
const own = readAppsConfig();

const apps = await runApps(config, await loadApps());
const { platform } = apps;
const agent = await startAgent({
  nodeId: own.nodeId,
  engine: own.engine,
  dataDir: config.dataDir,
  registryHost: config.registryHost,
  gatewayUrl: config.gatewayUrl,
  version: config.version,
  token: () => platform.identityOf({ kind: "agent", nodeId: own.nodeId }),
});
const runner = await startRunner({
  runnerId: own.nodeId,
  dataDir: config.dataDir,
  registryHost: config.registryHost,
  gatewayUrl: config.gatewayUrl,
  engine: agent.engine,
  allowPrivateHosts: own.allowPrivateHosts,
  token: () => platform.identityOf({ kind: "runner", runnerId: own.nodeId }),
});
process.send?.("ready");

let stopping = false;
/** The runner first, so that no build ends half reported; the agent leaves its workloads running. */
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  try {
    await runner.stop();
    await agent.stop();
    await apps.stop();
    process.exit(0);
  } catch (err) {
    log.error({ err }, "stop failed");
    process.exit(1);
  }
};
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
process.on("unhandledRejection", (err) => log.error({ err }, "a promise failed and nobody was waiting for it"));
