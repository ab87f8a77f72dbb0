import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DomainError } from "../errors.ts";
import { createLogger } from "../log.ts";
import { connectValkey } from "../valkey.ts";
import { type Daemon, isAlive, startDaemon, stopProcess, tailOf } from "./daemon.ts";
import { shortSocketDir } from "./socket-dir.ts";
import { commandAs, type SystemUser, serverUser } from "./system-user.ts";
import { findValkeyServer } from "./valkey-binary.ts";

const log = createLogger("local");

const SOCKET = "valkey.sock";
const PID_FILE = "valkey.pid";
const START_MS = 15_000;
const STOP_MS = 5_000;

/** Leases, routes, counters and caches of one small machine; caches go first when it is full. */
const MAX_MEMORY = "64mb";

export type LocalValkey = {
  /** For `connectValkey`: REDIS_URL as given, or `unix:///path`. */
  url: string;
  /** Null when the server is the user's. */
  pid: number | null;
  adopted: boolean;
  stop(): Promise<void>;
};

/**
 * The Valkey of one machine: the one of REDIS_URL if given; else one of our own on a private socket, which keeps
 * running when we are killed and is adopted at the next start. It writes nothing to disk: what is in it may be lost.
 * @throws {DomainError} unavailable, saying what to install.
 */
export async function startLocalValkey(options: {
  dataDir: string;
  redisUrl?: string | undefined;
}): Promise<LocalValkey> {
  if (options.redisUrl) return { url: options.redisUrl, pid: null, adopted: true, stop: async () => undefined };
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const user = await serverUser(join(dataDir, "valkey-run"));
  if (user) chmodSync(dataDir, statSync(dataDir).mode | 0o001); // the server's account has to pass through
  const socket = join(shortSocketDir(join(dataDir, "valkey-run"), SOCKET, user), SOCKET);
  const place: Place = { socket, pidFile: join(dataDir, PID_FILE), logFile: join(dataDir, "valkey.log"), user };
  const running = await askPid(socket);
  const adopted = running !== null;
  const pid = running ?? (await startServer(place));
  if (adopted) writePid(place, pid); // a kill -9 may have come between its start and the file
  log.info({ serverPid: pid, adopted }, "local Valkey is ready");
  return { url: `unix://${socket}`, pid, adopted, stop: () => stopServer(pid, place.pidFile) };
}

/** Ends the server of `dataDir` if one runs, known by its pid file: no client, program or account is needed for it. */
export async function stopLocalValkey(dataDir: string): Promise<void> {
  const pidFile = join(resolve(dataDir), PID_FILE);
  const pid = recordedPid(pidFile);
  if (pid !== null) await stopServer(pid, pidFile);
}

type Place = { socket: string; pidFile: string; logFile: string; user: SystemUser | null };

async function stopServer(pid: number, pidFile: string): Promise<void> {
  if (!(await stopProcess(pid, PROGRAM, "SIGTERM", STOP_MS))) await stopProcess(pid, PROGRAM, "SIGKILL", STOP_MS);
  rmSync(pidFile, { force: true });
}

/** What the kernel calls the process: `redis-server` and `valkey-server` both, whichever was found. */
const PROGRAM = /^(redis|valkey)-server/;

async function startServer(place: Place): Promise<number> {
  const stale = recordedPid(place.pidFile);
  if (stale !== null && !(await stopProcess(stale, PROGRAM, "SIGKILL", STOP_MS))) {
    throw new DomainError("unavailable", `An earlier Valkey (process ${stale}) neither answers nor ends.`);
  }
  rmSync(place.socket, { force: true });
  const program = findValkeyServer();
  if (program === null) {
    throw new DomainError(
      "unavailable",
      "No Valkey or Redis server was found. Install valkey-server or redis-server, or set REDIS_URL to a server of yours.",
    );
  }
  const argv = [
    program, "--port", "0", "--unixsocket", place.socket, "--unixsocketperm", "700",
    "--save", "", "--appendonly", "no", "--maxmemory", MAX_MEMORY, "--maxmemory-policy", "volatile-lru",
    "--hz", "2", // leases are looked at when they are read; ten rounds a second would be most of the idle work
    "--daemonize", "no", "--dir", "/",
  ]; // biome-ignore format: grouped by meaning
  const command = commandAs(place.user, argv, [place.socket]);
  const daemon: Daemon = await startDaemon({ argv: command.argv, user: command.user, logFile: place.logFile });
  writePid(place, daemon.pid);
  const deadline = Date.now() + START_MS;
  while ((await askPid(place.socket)) === null) {
    if (daemon.hasExited() || Date.now() > deadline) {
      throw new DomainError(
        "unavailable",
        `Valkey did not start. The end of ${place.logFile}:\n${tailOf(place.logFile)}`,
      );
    }
    await Bun.sleep(10);
  }
  return daemon.pid;
}

const writePid = ({ pidFile, socket }: Place, pid: number): void =>
  writeFileSync(pidFile, `${pid}\n${socket}\n`, { mode: 0o600 });

/**
 * The server of the start that wrote the file, whether it answers or hangs. Its title names its socket: after a reboot
 * the number may be another server's.
 */
function recordedPid(pidFile: string): number | null {
  if (!existsSync(pidFile)) return null;
  const [number, socket = ""] = readFileSync(pidFile, "utf8").split("\n");
  const pid = Number(number);
  return Number.isInteger(pid) && pid > 1 && isAlive(pid, PROGRAM, socket) ? pid : null;
}

/** The pid of the server that answers on the socket, or null when none does (yet). */
async function askPid(socket: string): Promise<number | null> {
  if (!existsSync(socket)) return null;
  const redis = connectValkey(socket, { once: true });
  try {
    await redis.connect();
    return Number(/^process_id:(\d+)/m.exec(await redis.info("server"))?.[1]);
  } catch {
    return null; // a socket file that nobody listens on
  } finally {
    redis.disconnect();
  }
}
