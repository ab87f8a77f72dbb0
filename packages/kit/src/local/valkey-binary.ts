import { existsSync } from "node:fs";
import { DomainError } from "../errors.ts";
import { createLogger } from "../log.ts";
import { run } from "./run-command.ts";

const log = createLogger("local");

/** Both speak the same protocol; Debian 12 has only the second, Debian 13 and Ubuntu 24.04 have both. */
const PROGRAMS = ["valkey-server", "redis-server"] as const;
const PACKAGES = ["valkey-server", "redis-server"] as const;

const INSTALL_MS = 5 * 60_000;

/**
 * The path of a server program, from PATH or, as root on Debian and its kin, installed from the system's packages.
 * @throws {DomainError} unavailable, with the command that helps.
 */
export async function findValkeyServer(): Promise<string> {
  const found = onPath();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    await install();
    const installed = onPath();
    if (installed) return installed;
  }
  throw new DomainError("unavailable", `No Valkey or Redis server was found. ${advice()}`);
}

const onPath = (): string | null => PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null) ?? null;

/** What to type on this machine. */
function advice(): string {
  if (process.platform === "darwin") return 'Run "brew install valkey", or set REDIS_URL to a server of yours.';
  if (existsSync("/usr/bin/apt-get"))
    return 'Run "sudo apt-get install -y redis-server", or set REDIS_URL to a server of yours.';
  return "Install valkey-server or redis-server with your system's package manager, or set REDIS_URL to a server of yours.";
}

async function install(): Promise<void> {
  log.info("no Valkey server found, installing one from the system's packages");
  const env = {
    PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
    LC_ALL: "C",
    DEBIAN_FRONTEND: "noninteractive",
  };
  // An image without package lists has to fetch them first; where it cannot, the list it has may still do.
  const errors: unknown[] = [];
  await run(["apt-get", "update", "-q"], { timeoutMs: INSTALL_MS, env }).catch((err: unknown) => errors.push(err));
  for (const name of PACKAGES) {
    try {
      await run(["apt-get", "install", "-y", "-q", "--no-install-recommends", name], { timeoutMs: INSTALL_MS, env });
      return;
    } catch (err) {
      errors.push(err); // Debian 12 knows no valkey-server; the next name is tried
    }
  }
  throw new DomainError("unavailable", `Installing a Valkey server failed. ${advice()}`, { cause: errors.at(-1) });
}
