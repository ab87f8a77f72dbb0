import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { closeSql, connectAdmin } from "../db/connect.ts";
import { DomainError } from "../errors.ts";
import { createLogger } from "../log.ts";
import { Secret } from "../secret.ts";
import { type Daemon, isAlive, startDaemon, stopProcess, tailOf } from "./daemon.ts";
import { findPostgres, type PostgresBinaries } from "./postgres-binaries.ts";
import { HBA, OWNER, PORT, postgresConf } from "./postgres-config.ts";
import { run } from "./run-command.ts";
import { shortSocketDir } from "./socket-dir.ts";
import { commandAs, type SystemUser, serverUser } from "./system-user.ts";

const log = createLogger("local");

/** A start after a crash replays the log first; with max_wal_size of 256 MB that is seconds, on a slow disk minutes. */
const START_MS = 5 * 60_000;
const STOP_MS = 30_000;

/** What the kernel calls the process. */
const PROGRAM = /^postgres/;

export type LocalPostgres = {
  /** The superuser's URL, over a unix socket. */
  url: Secret;
  pid: number;
  /** Whether the server was running already. */
  adopted: boolean;
  stop(): Promise<void>;
};

/** Where the parts of a local server are; all below one folder that the caller names. */
type Place = {
  cluster: string;
  confFile: string;
  hbaFile: string;
  socketDir: string;
  logFile: string;
  password: Secret;
  user: SystemUser | null;
  binaries: PostgresBinaries;
};

/**
 * Starts the embedded Postgres in `dataDir`, or adopts it when it still runs from before. The server is a process of
 * its own that outlives ours, so a `kill -9` of the platform loses neither rows nor the tenants' time; only `stop()`
 * ends it. Safe to call from two processes at once: one of them starts it.
 *
 * `durable: false` is for servers that a test throws away.
 * @throws {DomainError} unavailable, with the end of the server's log.
 */
export async function startLocalPostgres(options: { dataDir: string; durable?: boolean }): Promise<LocalPostgres> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const cluster = join(dataDir, "postgres");
  const user = await serverUser(cluster);
  if (user) chmodSync(dataDir, statSync(dataDir).mode | 0o001); // the server's account has to pass through
  const place: Place = {
    cluster,
    confFile: join(dataDir, "postgres.conf"),
    hbaFile: join(dataDir, "postgres-hba.conf"),
    socketDir: shortSocketDir(join(dataDir, "postgres-run"), `.s.PGSQL.${PORT}`, user),
    logFile: join(dataDir, "postgres.log"),
    password: password(join(dataDir, "postgres-password"), cluster),
    user,
    binaries: findPostgres(),
  };
  await createCluster(place, options.durable ?? true);
  await checkVersion(place);
  // Beside the cluster and not in it: what runs as root must not write into a folder that another account owns.
  writeReadable(place.confFile, postgresConf({ socketDir: place.socketDir, durable: options.durable ?? true }));
  writeReadable(place.hbaFile, HBA);
  const { pid, adopted } = await startServer(place);
  await createDatabase(place);
  log.info({ serverPid: pid, adopted }, "local Postgres is ready");
  return { url: urlOf(place, OWNER), pid, adopted, stop: () => stopLocalPostgres(dataDir) };
}

/** Ends the server of `dataDir` if one runs, known by its lock file: no client, binary or account is needed for it. */
export async function stopLocalPostgres(dataDir: string): Promise<void> {
  const running = runningPid(join(resolve(dataDir), "postgres"));
  if (running === null) return;
  // "fast": ends sessions, writes a checkpoint. Where that hangs, "immediate": the next start recovers.
  if (await stopProcess(running, PROGRAM, "SIGINT", STOP_MS)) return;
  await stopProcess(running, PROGRAM, "SIGQUIT", STOP_MS);
}

/** Made once, before the cluster that it opens, and kept where only we may read. */
function password(file: string, cluster: string): Secret {
  if (existsSync(file)) return new Secret(readFileSync(file, "utf8").trim());
  if (existsSync(cluster))
    throw new DomainError(
      "unavailable",
      `The database in ${cluster} has lost its password file ${file}. Put the file back from a backup.`,
    );
  const value = randomBytes(24).toString("base64url");
  writeFileSync(file, `${value}\n`, { mode: 0o600 });
  return new Secret(value);
}

/** initdb into a folder aside, then one rename: a start that is killed in between leaves no half cluster behind. */
async function createCluster(place: Place, durable: boolean): Promise<void> {
  if (existsSync(join(place.cluster, "PG_VERSION"))) return;
  const aside = `${place.cluster}.new-${randomBytes(4).toString("hex")}`;
  const passwordFile = `${aside}.password`;
  mkdirSync(aside, { mode: 0o700 });
  try {
    own(aside, place.user);
    writeOwned(passwordFile, place.password.reveal(), place.user);
    const argv = [
      place.binaries.initdb, `--pgdata=${aside}`, `--username=${OWNER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256",
      "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
      ...(durable ? [] : ["--no-sync"]),
    ]; // biome-ignore format: grouped by meaning
    const command = commandAs(place.user, argv, [place.binaries.initdb, aside]);
    await run(command.argv, { timeoutMs: 120_000, user: command.user });
    if (!existsSync(place.cluster)) renameSync(aside, place.cluster);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(aside, { recursive: true, force: true });
  }
}

async function checkVersion(place: Place): Promise<void> {
  const has = readFileSync(join(place.cluster, "PG_VERSION"), "utf8").trim();
  const printed = await run([place.binaries.postgres, "--version"]); // "postgres (PostgreSQL) 18.4"
  const ours = /(\d+)(?:\.|$)/.exec(printed)?.[1] ?? printed;
  if (has === ours) return;
  throw new DomainError(
    "unavailable",
    `The database in ${place.cluster} was made by Postgres ${has}, this version of Homeport brings ${ours}. Restore a backup into a new data folder.`,
  );
}

/**
 * After a kill -9 of the server its sessions hold the shared memory until they notice; and another process may have
 * started the server in the same instant.
 */
const WORTH_ANOTHER_TRY = /pre-existing shared memory block|lock file ".*" already exists/;

async function startServer(place: Place): Promise<{ pid: number; adopted: boolean }> {
  const deadline = Date.now() + START_MS;
  let daemon: Daemon | null = null;
  let started = 0;
  for (;;) {
    const pid = runningPid(place.cluster);
    if (pid !== null && (await answers(place))) return { pid, adopted: started === 0 };
    if (pid === null && (daemon === null || daemon.hasExited())) {
      if (started > 0 && !WORTH_ANOTHER_TRY.test(tailOf(place.logFile))) throw notStarted(place);
      if (started > 0) await Bun.sleep(250);
      daemon = await launch(place);
      started += 1;
    }
    if (Date.now() > deadline) throw notStarted(place);
    await Bun.sleep(20);
  }
}

const notStarted = (place: Place): DomainError =>
  new DomainError(
    "unavailable",
    `The embedded Postgres did not start. The end of ${place.logFile}:\n${tailOf(place.logFile)}`,
  );

function launch(place: Place): Promise<Daemon> {
  removeStaleLocks(place);
  const argv = [
    place.binaries.postgres,
    "-D",
    place.cluster,
    "-c",
    `config_file=${place.confFile}`,
    "-c",
    `hba_file=${place.hbaFile}`,
  ];
  const command = commandAs(place.user, argv, [
    place.binaries.postgres,
    place.cluster,
    join(place.socketDir, "socket"),
  ]);
  return startDaemon({ argv: command.argv, user: command.user, logFile: place.logFile });
}

/**
 * Postgres takes any living process with the recorded pid for itself, also a zombie that nobody waits for, as killed
 * servers are in containers without an init. We have looked at what that process is.
 */
function removeStaleLocks({ cluster, socketDir }: Place): void {
  for (const lock of [join(cluster, "postmaster.pid"), join(socketDir, `.s.PGSQL.${PORT}.lock`)]) {
    if (existsSync(lock) && serverPid(lock) === null) rmSync(lock, { force: true });
  }
}

/** The pid of the cluster's server, or null when none runs. */
const runningPid = (cluster: string): number | null => serverPid(join(cluster, "postmaster.pid"));

/**
 * The server that a lock file names by its pid and, in the second line, its data folder; null when that process is none,
 * or gone. The folder is in its command line: after a reboot the number may be another Postgres's.
 */
function serverPid(file: string): number | null {
  if (!existsSync(file)) return null;
  const [number, dataDir = ""] = readFileSync(file, "utf8").split("\n");
  const pid = Number(number);
  return Number.isInteger(pid) && pid > 1 && isAlive(pid, PROGRAM, dataDir) ? pid : null;
}

async function answers(place: Place): Promise<boolean> {
  const sql = connectAdmin(urlOf(place, "postgres"), { max: 1 });
  try {
    await sql`select 1`;
    return true;
  } catch (err) {
    const code = err instanceof Error && "code" in err ? err.code : "";
    if (code === "28P01")
      throw new DomainError(
        "unavailable",
        `The password in ${place.cluster}-password does not open the database. Put the right file back from a backup.`,
        { cause: err },
      );
    return false; // not listening yet, recovering, or shutting down
  } finally {
    await closeSql(sql);
  }
}

async function createDatabase(place: Place): Promise<void> {
  const sql = connectAdmin(urlOf(place, "postgres"), { max: 1 });
  try {
    const known = await sql`select from pg_catalog.pg_database where datname = ${OWNER}`;
    if (known.length === 0) await sql`create database ${sql(OWNER)}`;
  } catch (err) {
    const code = err instanceof Error && "code" in err ? err.code : "";
    if (code !== "42P04" && code !== "23505") throw err; // another start was quicker
  } finally {
    await closeSql(sql);
  }
}

const urlOf = (place: Place, database: string): Secret =>
  new Secret(
    `postgres://${OWNER}:${place.password.reveal()}@localhost/${database}?host=${encodeURIComponent(place.socketDir)}&port=${PORT}`,
  );

function writeOwned(file: string, text: string, user: SystemUser | null): void {
  writeFileSync(file, text, { mode: 0o600 });
  own(file, user);
}

/** No secrets in it, and the server's account has to read it whatever our umask is. */
function writeReadable(file: string, text: string): void {
  writeFileSync(file, text);
  chmodSync(file, 0o644);
}

function own(path: string, user: SystemUser | null): void {
  if (user) chownSync(path, user.uid, user.gid);
}
