import { chooseEngine, startAgent } from "@homeport/agent";
import { clustersControlPlane } from "@homeport/agent/adapters/control-plane.ts";
import { loggingSink } from "@homeport/agent/adapters/log-sink.ts";
import { readPlatformConfig } from "@homeport/kit/config.ts";
import type { SignedPrincipal } from "@homeport/kit/identity.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { runApps } from "@homeport/kit/run.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { startRunner } from "@homeport/runner";
import { ciJobs } from "@homeport/runner/adapters/job-source.ts";
import { loggingBuildLog } from "@homeport/runner/adapters/build-log.ts";
import { loadApps } from "./app-list.ts";
import { readAppsConfig } from "./config.ts";

/** The process of everything but the gateway: all apps, this machine's agent and one runner. */
const log = createLogger("standalone");
const config = readPlatformConfig();
const own = readAppsConfig();
process.on("unhandledRejection", (err) => log.error({ err }, "a promise failed and nobody was waiting for it"));

const apps = await runApps(config, await loadApps());
const { platform } = apps;
const as = (principal: SignedPrincipal) => ({ url: config.gatewayUrl, token: () => platform.identityOf(principal) });
const asAgent = as({ kind: "agent", nodeId: own.nodeId });
const asRunner = as({ kind: "runner", runnerId: own.nodeId });
