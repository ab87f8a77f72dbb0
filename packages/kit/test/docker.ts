import { existsSync } from "node:fs";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killDaemon, readState, restartDaemon, socketOf, startDaemon, stopDaemon } from "./docker/daemon.ts";
import { isAlive } from "./docker/process.ts";

/** A Docker daemon for tests. */
export type Docker = {
  socketPath: string;
  /** As DOCKER_HOST wants it. */
  host: string;
  /** Takes back everything: containers, processes, mounts, network, files. Does nothing for a shared daemon. */
  stop(): Promise<void>;
};

/** Names the socket of the daemon that a whole run of bin/test shares. */
export const SHARED = "HOMEPORT_TEST_DOCKER";

/** Folders of daemons; short, because the path of a unix socket may have 107 bytes. */
const PREFIX = "hpd-";
const ATTEMPTS = 3;

/** Kept on the process, not in the module: bun loads a module anew for each test file. */
const shared = globalThis as { homeportTestDocker?: Promise<Docker> };

/** A daemon of a test's own, that it may kill. */
export type OwnDocker = Docker & {
  /** As by `kill -9`; containers go on. */
  kill(): Promise<void>;
  start(): Promise<void>;
};

/**
 * The daemon that bin/test started for all suites, or one that this process starts at first use and that ends with it.
 * Images and containers of other tests may be there: name and label your own.
 */
export const sharedDocker = (): Promise<Docker> => {
  const given = process.env[SHARED];
  shared.homeportTestDocker ??=
    given !== undefined && existsSync(given) ? Promise.resolve(dockerAt(given)) : startDocker();
  return shared.homeportTestDocker.then((docker) => ({ ...docker, stop: async () => {} }));
};

/**
 * Starts a daemon of its own, beside any other that runs on the machine. Starting fails now and then for reasons outside
 * of it, so it is tried again.
 *
 * @throws {Error} naming what is missing, or with the daemon's last words
 */
export const startDocker = async (): Promise<OwnDocker> => {
  const missing = missingForDocker();
  if (missing !== null) throw new Error(missing);
  await removeStaleDaemons();
  for (let attempt = 1; ; attempt++) {
    const root = await mkdtemp(join(tmpdir(), PREFIX));
    const dismissWatchdog = watch(root);
    const stop = async () => {
      await stopDaemon(root);
      dismissWatchdog();
    };
    try {
      await startDaemon(root);
      return { ...dockerAt(socketOf(root)), stop, kill: () => killDaemon(root), start: () => restartDaemon(root) };
    } catch (err) {
      await stop();
      if (attempt === ATTEMPTS) throw err;
    }
  }
};

/** What a daemon needs here and does not find, in words for people; null when it can start. */
export const missingForDocker = (): string | null => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "A Docker daemon for tests needs root on Linux.";
  const missing = ["dockerd", "containerd", "runc", "iptables", "ip"].filter((name) => Bun.which(name) === null);
  if (missing.length === 0) return null;
  return `A Docker daemon for tests needs ${missing.join(", ")}: apt-get install docker.io iptables iproute2`;
};

/** Takes back what runs left whose watchdog was killed with them. */
export const removeStaleDaemons = async (): Promise<void> => {
  const names = await readdir(tmpdir());
  for (const name of names.filter((candidate) => candidate.startsWith(PREFIX))) {
    const root = join(tmpdir(), name);
    const state = readState(root);
    if (state !== null && !isAlive(state.owner)) await stopDaemon(root);
  }
};

const dockerAt = (socketPath: string): Docker => ({
  socketPath,
  host: `unix://${socketPath}`,
  stop: async () => {},
});

/** Starts what stops the daemon when this process cannot; returns how to send it away. */
const watch = (root: string): (() => void) => {
  const watchdog = Bun.spawn([process.execPath, join(import.meta.dir, "docker/watchdog.ts"), root], {
    env: { ...process.env }, // Bun hands on the environment of its start otherwise
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
    detached: true,
  });
  watchdog.unref();
  return () => void watchdog.stdin.end();
};
