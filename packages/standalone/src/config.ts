import { defineEnv } from "@homeport/kit/env.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";

const DOCKER_HOST = {
  schema: z.string().max(300).optional(),
  description: "The Docker engine; its default socket unless set.",
};
/** Where the process engine finds node, bun and other toolchains. */
const searchPath = (): string => process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin";

const readSupervisorEnv = defineEnv("standalone", {
  DATABASE_URL: {
    schema: z.url().optional(),
    description: "A Postgres server of your own instead of the embedded one.",
    secret: true,
  },
  REDIS_URL: {
    schema: z.string().max(500).optional(),
    description: "A Valkey of your own instead of a private one.",
    secret: true,
  },
  APP_URL: { schema: z.url().optional(), description: "Where people reach the platform, when it is not localhost." },
  DOCKER_HOST,
});

/** What a person may set around `bin/up`. */
export const readOuterConfig = () => {
  const e = readSupervisorEnv();
  return {
    databaseUrl: e.DATABASE_URL === undefined ? null : new Secret(e.DATABASE_URL),
    redisUrl: e.REDIS_URL,
    appUrl: e.APP_URL?.replace(/\/$/, "") ?? null,
    dockerHost: e.DOCKER_HOST,
    searchPath: searchPath(),
    /** As it is; what of it goes on to children is decided in child-env.ts. */
    environment: process.env,
  };
};

const readAppsEnv = defineEnv("standalone", {
  HOMEPORT_ENGINE: {
    schema: z.enum(["auto", "docker", "process"]).default("auto"),
    description: "What runs workloads on this node.",
  },
  HOMEPORT_NODE_ID: { schema: z.uuid(), description: "The id of this machine's node." },
  DOCKER_HOST,
  HOMEPORT_PRIVATE_SOURCES: {
    schema: z.enum(["allow", "deny"]).default("allow"),
    description: "Whether builds may fetch sources from private addresses; metadata services are refused always.",
  },
});

/** How this machine's package managers reach their registries: builds need the same. */
export const packageManagerEnv = (env: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        /^(https?_proxy|no_proxy|all_proxy|npm_config_[a-z_]+|bun_config_[a-z_]+)$/i.test(entry[0]),
    ),
  );

/** What the process of apps, agent and runner needs besides the platform's own configuration. */
export const readAppsConfig = () => {
  const e = readAppsEnv();
  return {
    engine: e.HOMEPORT_ENGINE,
    nodeId: e.HOMEPORT_NODE_ID,
    dockerHost: e.DOCKER_HOST,
    searchPath: searchPath(),
    buildEnv: packageManagerEnv(process.env),
    allowPrivateHosts: e.HOMEPORT_PRIVATE_SOURCES === "allow",
  };
};
