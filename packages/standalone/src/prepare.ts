import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { startLocalPostgres } from "@homeport/kit/local/postgres.ts";
import { makeOwnDir } from "@homeport/kit/local/socket-dir.ts";
import { startLocalValkey } from "@homeport/kit/local/valkey.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { buildAssets } from "@homeport/ui/assets";
import { appFolders } from "./app-list.ts";
import { checkStart } from "./check-start.ts";
import { GRACE_MS } from "./child.ts";
import { childEnv } from "./child-env.ts";
import { readOuterConfig } from "./config.ts";
import type { Prepared } from "./errand.ts";
import { openInstallation } from "./identity.ts";
import type { Options } from "./options.ts";
import type { Paths } from "./paths.ts";
import { endProcess, findProcess, removePidFile, writePidFile } from "./pid-file.ts";
import { ensureOwnPrograms } from "./programs.ts";
import { writeStartedWith } from "./started-with.ts";

const ROOT = join(import.meta.dir, "../../..");

/**
 * Makes everything ready for the parts of the platform: programs, servers, assets, and the environment that the parts are
 * given. Whatever an earlier supervisor that was killed left behind is taken over: the servers are adopted, the processes
 * ended.
 *
 * @throws {DomainError} conflict, when it runs already; unavailable, with what is missing; what checkStart finds
 */
export const prepare = async (options: Options, paths: Paths, supervisorPid: number): Promise<Prepared> => {
  await ensureOwnPrograms(options);
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
  writePidFile(paths.pidFiles.supervisor, supervisorPid);
  const [postgres, valkey] = await Promise.all([
    outer.databaseUrl === null ? startLocalPostgres({ dataDir: options.dataDir }) : ownPostgres(outer.databaseUrl),
    startLocalValkey({ dataDir: options.dataDir, redisUrl: outer.redisUrl }),
    buildAssets({ apps: appFolders.map(({ id, dir }) => ({ id, dir: join(ROOT, dir) })), outDir: paths.assetsDir }),
  ]);
  const servers = { databaseUrl: postgres.url, redisUrl: valkey.url };
  const env = await childEnv(options, paths, installation, servers, outer.environment);
  try {
    await checkStart(env);
  } catch (err) {
    await valkey.stop();
    await postgres.stop();
    removePidFile(paths.pidFiles.supervisor);
    throw err;
  }
  return { env, pids: { postgres: postgres.pid, valkey: valkey.pid } };
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
