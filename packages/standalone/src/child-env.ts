import type { Secret } from "@homeport/kit/secret.ts";
import { packageManagerEnv } from "./config.ts";
import type { Installation } from "./identity.ts";
import type { Options } from "./options.ts";
import type { Paths } from "./paths.ts";

/** What the platform's processes may see of the environment they were started in. */
const INHERITED = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "TMPDIR",
  "DOCKER_HOST",
  "APP_URL",
  "HOMEPORT_LOG_LEVEL",
  "HOMEPORT_BASE_DOMAIN",
  "NODE_EXTRA_CA_CERTS",
];
export type Servers = { databaseUrl: Secret; redisUrl: string };

/** The whole environment of the gateway's and the apps' process: an explicit list, not what happens to be set. */
export const childEnv = (
  options: Options,
  paths: Paths,
  installation: Installation,
  servers: Servers,
  outer: Record<string, string | undefined>,
): Record<string, string> => {
  const inherited = INHERITED.flatMap((name): [string, string][] =>
    outer[name] === undefined ? [] : [[name, outer[name]]],
  );
  return {
    APP_URL: `http://localhost:${options.port}`,
    ...Object.fromEntries(inherited),
    ...packageManagerEnv(outer),
    NODE_ENV: "production",
    DATABASE_URL: servers.databaseUrl.reveal(),
    REDIS_URL: servers.redisUrl,
    APP_SECRET: installation.appSecret.reveal(),
    HOMEPORT_PORT: String(options.port),
    HOMEPORT_DATA: paths.dataDir,
    HOMEPORT_RUN: paths.runDir,
    HOMEPORT_ASSETS: paths.assetsDir,
    HOMEPORT_GATEWAY_URL: `http://127.0.0.1:${options.port}`,
    HOMEPORT_REGISTRY: `127.0.0.1:${options.port}`,
    HOMEPORT_ENGINE: options.engine,
    HOMEPORT_NODE_ID: installation.nodeId,
  };
};
