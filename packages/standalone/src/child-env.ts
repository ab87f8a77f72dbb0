import { existsSync } from "node:fs";
import { join } from "node:path";
import { allEnv } from "@homeport/kit/env.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { appFolders } from "./app-list.ts";
import { packageManagerEnv } from "./config.ts";
import type { Installation } from "./identity.ts";
import type { Options } from "./options.ts";
import type { Paths } from "./paths.ts";

const ROOT = join(import.meta.dir, "../../..");

/** What the platform's processes see of the machine's environment besides their own documented variables. */
const INHERITED = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "HOMEPORT_LOG_LEVEL", "NODE_EXTRA_CA_CERTS"];

/**
 * Bun's allocator gives freed memory back to the system after 100 ms, and looks for holes in its pages whenever a thread
 * has nothing to do. Beside apps that wake twenty times a second to find nothing, that was a third of their CPU; at this
 * pace it is a twentieth and the memory comes back as well.
 */
const ALLOCATOR_ENV = { MIMALLOC_PURGE_DELAY: "1000", MIMALLOC_PURGE_HOLES_MIN_INTERVAL: "2000" };

/** Here every app listens on a socket of its own; one address would be all of theirs. */
const NOT_HERE = "HOMEPORT_LISTEN";

export type Servers = { databaseUrl: Secret; redisUrl: string };

/** The whole environment of the gateway's and the apps' process: an explicit list, not what happens to be set. */
export const childEnv = async (
  options: Options,
  paths: Paths,
  installation: Installation,
  servers: Servers,
  outer: Record<string, string | undefined>,
): Promise<Record<string, string>> => {
  const inherited = [...INHERITED, ...(await documentedVariables())].flatMap((name): [string, string][] =>
    outer[name] === undefined || outer[name] === "" ? [] : [[name, outer[name]]],
  );
  return {
    APP_URL: `http://localhost:${options.port}`,
    ...Object.fromEntries(inherited),
    ...packageManagerEnv(outer),
    NODE_ENV: "production",
    ...ALLOCATOR_ENV,
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

/** A config.ts declares its variables by being loaded, and so does a manifest those of its settings. */
const documentedVariables = async (): Promise<string[]> => {
  for (const dir of ["packages/gateway", "packages/agent", "packages/runner", ...appFolders.map((app) => app.dir)]) {
    for (const name of ["config.ts", "manifest.ts"]) {
      const file = join(ROOT, dir, "src", name);
      if (existsSync(file)) await import(file);
    }
  }
  return allEnv().flatMap(({ name }) => (name === NOT_HERE ? [] : [name]));
};
