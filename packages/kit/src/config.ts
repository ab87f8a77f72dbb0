import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { defineEnv } from "./env.ts";
import { Secret } from "./secret.ts";

/** What every app, agent and runner of one platform has in common. */
export type PlatformConfig = {
  databaseUrl: Secret;
  /** `redis://…`, or the path of a unix socket. */
  redisUrl: string;
  appSecret: Secret;
  /** A file that the data keys are wrapped with, in place of APP_SECRET. */
  keyFile: string | null;
  /** What the data keys were wrapped with before it was changed; needed for one start. */
  previousSecret: Secret | null;
  previousKeyFile: string | null;
  /** Where people reach the platform; the only source of absolute links. */
  appUrl: URL;
  /** Where apps reach each other: the gateway, as seen from inside. */
  gatewayUrl: string;
  /** host:port under which container engines push and pull images. */
  registryHost: string;
  baseDomain: string;
  dataDir: string;
  /** Unix sockets live here; socket paths are limited to 107 bytes, so it is not always below `dataDir`. */
  runDir: string;
  /** The built browser assets. */
  assetsDir: string;
  /** `host:port` for an app in a container; null means a unix socket in `runDir`. */
  listen: string | null;
  version: string;
  /** The variables that settings name; a function, so that no log or dump shows what they hold. */
  settingEnv: (name: string) => string | undefined;
};

const readLogEnv = defineEnv("kit", {
  HOMEPORT_LOG_LEVEL: {
    schema: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
    description: "The least serious log lines that are written.",
  },
});

export const readLogLevel = (env?: Record<string, string | undefined>): string => readLogEnv(env).HOMEPORT_LOG_LEVEL;

const readCrashEnv = defineEnv("kit", {
  HOMEPORT_CRASHPOINT: {
    schema: z
      .string()
      .regex(
        /^([a-z][a-z0-9._-]*(#[1-9][0-9]{0,3})?|\/.{1,4000})$/,
        "must be a name, name#3 for the third time, or a file",
      )
      .optional(),
    description:
      "For tests: the place in the code where the process kills itself, the way a power cut would; or a file that names it.",
  },
});

export const readCrashpoint = (): string | undefined => readCrashEnv().HOMEPORT_CRASHPOINT;

/** A relative one would depend on the folder that a process happens to be started in. */
const absolutePath = z.string().max(4096).startsWith("/", "must be an absolute path");

const readEnv = defineEnv("kit", {
  DATABASE_URL: {
    schema: z.url(),
    description: "Postgres, as a role that may create schemas and roles.",
    secret: true,
  },
  REDIS_URL: {
    schema: z.string().regex(/^(rediss?:\/\/|unix:\/\/|\/)/, "must be redis://… or the path of a unix socket"),
    description: "Valkey (or Redis): leases, routes, caches. Nothing in it has to survive.",
    secret: true,
  },
  APP_SECRET: {
    schema: z.string().min(32, "must have at least 32 characters"),
    description: "Root of every key of the platform. Losing it means losing every stored secret.",
    secret: true,
  },
  APP_SECRET_PREVIOUS: {
    schema: z.string().optional(),
    description: "The APP_SECRET of before, for the first start with another one.",
    secret: true,
  },
  HOMEPORT_KEY_FILE: {
    schema: absolutePath.optional(),
    description:
      "A file of at least 32 bytes that only its owner can read. Stored secrets are then locked with it, not with APP_SECRET.",
  },
  HOMEPORT_PREVIOUS_KEY_FILE: {
    schema: absolutePath.optional(),
    description: "The key file of before, for the first start with another one or without one.",
  },
  APP_URL: { schema: z.url().default("http://localhost:3000"), description: "Where people reach the platform." },
  HOMEPORT_GATEWAY_URL: {
    schema: z.url().default("http://127.0.0.1:3000"),
    description: "Where apps, agents and runners reach the gateway.",
  },
  HOMEPORT_REGISTRY: {
    schema: z.string().max(255).default("127.0.0.1:3000"),
    description: "host:port under which container engines push and pull images; the gateway's address as they see it.",
  },
  HOMEPORT_BASE_DOMAIN: {
    schema: z
      .string()
      .regex(/^[a-z0-9.-]{1,200}$/)
      .default("localhost"),
    description: "Services get `<service>-<project>.<base domain>`.",
  },
  HOMEPORT_DATA: { schema: z.string().default(".homeport"), description: "Folder of everything kept on disk." },
  HOMEPORT_RUN: {
    schema: z.string().optional(),
    description: "Folder of unix sockets; `run` in the data folder unless that path is too long for a socket.",
  },
  HOMEPORT_ASSETS: {
    schema: z.string().optional(),
    description: "Folder of built browser assets; `assets` in the data folder.",
  },
  HOMEPORT_LISTEN: {
    schema: z
      .string()
      .regex(/^[^:]+:\d{1,5}$/, "must be host:port")
      .optional(),
    description: "host:port an app listens on when it runs in a container of its own; a unix socket otherwise.",
  },
  HOMEPORT_VERSION: {
    schema: z.string().max(60).default("0.1.0-dev"),
    description: "The version an instance reports.",
  },
});

/** sun_path holds 108 bytes with its terminator (unix(7)); file names of ours take up to 40. */
const MAX_RUN_DIR = 107 - 40;

/** @throws {DomainError} invalid, naming every variable that is missing or wrong. */
export const readPlatformConfig = (source: Record<string, string | undefined> = process.env): PlatformConfig => {
  const e = readEnv(source);
  const dataDir = resolve(e.HOMEPORT_DATA);
  return {
    databaseUrl: new Secret(e.DATABASE_URL),
    redisUrl: e.REDIS_URL,
    appSecret: new Secret(e.APP_SECRET),
    keyFile: e.HOMEPORT_KEY_FILE ?? null,
    previousSecret: e.APP_SECRET_PREVIOUS === undefined ? null : new Secret(e.APP_SECRET_PREVIOUS),
    previousKeyFile: e.HOMEPORT_PREVIOUS_KEY_FILE ?? null,
    appUrl: new URL(e.APP_URL),
    gatewayUrl: e.HOMEPORT_GATEWAY_URL.replace(/\/$/, ""),
    registryHost: e.HOMEPORT_REGISTRY,
    baseDomain: e.HOMEPORT_BASE_DOMAIN,
    dataDir,
    runDir: e.HOMEPORT_RUN ?? defaultRunDir(dataDir),
    assetsDir: resolve(e.HOMEPORT_ASSETS ?? join(dataDir, "assets")),
    listen: e.HOMEPORT_LISTEN ?? null,
    version: e.HOMEPORT_VERSION,
    settingEnv: (name) => source[name],
  };
};

/** `<data>/run`, or a folder under the system's temporary one, named by the data folder, where that path is too long. */
export const defaultRunDir = (dataDir: string): string => {
  const beside = join(dataDir, "run");
  if (Buffer.byteLength(beside) <= MAX_RUN_DIR) return beside;
  return join(tmpdir(), `homeport-${Bun.hash(dataDir).toString(16)}`);
};
