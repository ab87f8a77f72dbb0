/** Both speak the same protocol; Debian 12 has only the second, Debian 13 and Ubuntu 24.04 have both. */
const PROGRAMS = ["valkey-server", "redis-server"] as const;

/** The path of a server program, or null when there is none on PATH. */
export const findValkeyServer = (): string | null =>
  PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null) ?? null;
