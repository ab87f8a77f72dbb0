import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { startLocalPostgres } from "@homeport/kit/local/postgres.ts";
import { makeOwnDir } from "@homeport/kit/local/socket-dir.ts";
import { startLocalValkey } from "@homeport/kit/local/valkey.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { buildAssets } from "@homeport/ui/assets";
import { z } from "zod";
import { appFolders } from "./app-list.ts";
import { checkStart } from "./check-start.ts";
import { type Child, runChild } from "./child.ts";
import { childEnv } from "./child-env.ts";
import { readOuterConfig } from "./config.ts";
import { openInstallation } from "./identity.ts";
import { keepServer } from "./keep-server.ts";
import type { Options } from "./options.ts";
import { type Paths, pathsOf } from "./paths.ts";
import { endProcess, findProcess, removePidFile, writePidFile } from "./pid-file.ts";
import { writeStartedWith } from "./started-with.ts";

/** Ending takes as long as the requests that are being answered; afterwards it is cut short. */
const GRACE_MS = 25_000;
const ROOT = join(import.meta.dir, "../../..");

export type Supervisor = {
  /** Ends the platform's processes and servers, in the order that loses nothing. Workloads go on. */
  stop(): Promise<void>;
};

/**
 * Starts everything and keeps it running. Whatever an earlier supervisor that was killed left behind is taken over:
 * the servers are adopted, the processes replaced.
 *
 * @throws {DomainError} conflict, when it runs already; unavailable, with what is missing; what checkStart finds
 */
export const startSupervisor = async (options: Options): Promise<Supervisor> => {
  const paths = pathsOf(options.dataDir);
  const outer = readOuterConfig();
  mkdirSync(options.dataDir, { recursive: true, mode: 0o711 });
  makeOwnDir(paths.runDir, 0o711);
  if (findProcess(paths.pidFiles.supervisor) !== null) {
    throw new DomainError(
      "conflict",
      `Homeport is running already with the data in ${options.dataDir}. Stop it with: bin/up --stop`,
    );
  }
  await endProcess(paths.pidFiles.apps, "SIGTERM", GRACE_MS);
  await endProcess(paths.pidFiles.gateway, "SIGTERM", GRACE_MS);
  await refuseTakenPort(options.port);
  const installation = openInstallation(options.dataDir);
  const { engine, port } = options;
  writeStartedWith(paths.startedWithFile, { engine, port, dockerHost: outer.dockerHost });
  writePidFile(paths.pidFiles.supervisor, process.pid);
  const startPostgres = () => startLocalPostgres({ dataDir: options.dataDir });
  const startValkey = () => startLocalValkey({ dataDir: options.dataDir, redisUrl: outer.redisUrl });
  const [postgres, valkey] = await Promise.all([
    outer.databaseUrl === null ? startPostgres() : ownPostgres(outer.databaseUrl),
    startValkey(),
    buildAssets({ apps: appFolders.map(({ id, dir }) => ({ id, dir: join(ROOT, dir) })), outDir: paths.assetsDir }),
  ]);
  const servers = { databaseUrl: postgres.url, redisUrl: valkey.url };
  const env = await childEnv(options, paths, installation, servers, outer.environment);
  const stopping = { apps: new AbortController(), gateway: new AbortController() };
  const start = (name: "gateway" | "apps", entry: string): Child =>
    runChild({
      name,
      argv: [process.execPath, "--smol", join(ROOT, entry)],
      env,
      pidFile: paths.pidFiles[name],
      signal: stopping[name].signal,
      graceMs: GRACE_MS,
    });
  const { signal } = stopping.apps;
  const kept = [
    keepServer({ name: "valkey", program: /^(redis|valkey)-server/, first: valkey, start: startValkey }, signal),
    keepServer({ name: "postgres", program: /^postgres/, first: postgres, start: startPostgres }, signal),
  ];
  const stopServers = async () => {
    for (const server of kept) await server.stop();
    removePidFile(paths.pidFiles.supervisor);
  };
  try {
    await checkStart(env);
  } catch (err) {
    stopping.apps.abort();
    await stopServers();
    throw err;
  }
  const gateway = start("gateway", "packages/gateway/src/main.ts");
  const apps = start("apps", "packages/standalone/src/apps.ts");
  const stop = async () => {
    stopping.apps.abort();
    await apps.ended; // what they report and give back at their end goes through the gateway
    stopping.gateway.abort();
    await gateway.ended;
    await stopServers();
  };
  try {
    await Promise.all([gateway.ready, apps.ready]);
    await waitUntilRouted(paths.runDir);
  } catch (err) {
    await stop();
    throw err;
  }
  return { stop };
};

/** A server of the user's own: never started or stopped by us. */
const ownPostgres = async (url: Secret) => ({ url, pid: null, stop: async () => {} });

/** A clear sentence now instead of a gateway that dies later. @throws {DomainError} conflict */
const refuseTakenPort = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (err: NodeJS.ErrnoException) => {
      const why = err.code === "EACCES" ? `needs root` : `is taken by another program`;
      reject(new DomainError("conflict", `Port ${port} ${why}. Choose another: bin/up --port 3001`, { cause: err }));
    });
    probe.listen(port, () => probe.close(() => resolve()));
  });

const ROUTED_WITHIN_MS = 30_000;
const LOOK_MS = 25;

/** A restored target is only known from the disk: it was there before the restart. */
const Target = z.object({ restored: z.boolean().default(false) });
const Table = z.object({ routes: z.array(z.object({ id: z.string(), targets: z.array(Target) })) });

/** Ready means that the gateway's table has a live instance of every app. @throws {DomainError} unavailable */
const waitUntilRouted = async (runDir: string): Promise<void> => {
  const deadline = Date.now() + ROUTED_WITHIN_MS;
  for (;;) {
    const missing = await missingApps(runDir);
    if (missing.length === 0) return;
    if (Date.now() > deadline) {
      throw new DomainError(
        "unavailable",
        `The platform started, but the gateway does not reach: ${missing.join(", ")}.`,
      );
    }
    await Bun.sleep(LOOK_MS);
  }
};

/** The apps that the gateway does not reach, yet or any more. */
export const missingApps = async (runDir: string): Promise<string[]> => {
  const routed = await readRoutedApps(join(runDir, "gateway.sock"));
  return appFolders.flatMap(({ id }) => (routed.has(id) ? [] : [id]));
};

const readRoutedApps = async (socket: string): Promise<Set<string>> => {
  try {
    const response = await fetch("http://gateway/table", { unix: socket, signal: AbortSignal.timeout(2_000) });
    const { routes } = Table.parse(await response.json());
    return new Set(routes.filter((route) => route.targets.some((target) => !target.restored)).map((route) => route.id));
  } catch {
    return new Set(); // not listening yet
  }
};

/** The address to show, with the one-time token while nobody has claimed the platform. */
export const readyMessage = (port: number, paths: Paths): string => {
  const url = readOuterConfig().appUrl ?? `http://localhost:${port}`;
  const lines = [`Homeport is ready at ${url}`];
  if (existsSync(paths.setupTokenFile)) {
    lines.push(`Create the first account: ${url}/setup?token=${readFileSync(paths.setupTokenFile, "utf8").trim()}`);
  }
  return lines.join("\n");
};
