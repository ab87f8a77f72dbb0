import { DomainError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { ConnectOptions } from "./types.ts";

/** What libpq calls the ways to use TLS, as postgres.js spells them. `true` also checks the certificate and its name. */
const SSL_MODES = new Map<string, "prefer" | "require" | boolean>([
  ["disable", false],
  ["prefer", "prefer"],
  ["require", "require"],
  ["verify-ca", true],
  ["verify-full", true],
]);

/**
 * Reads DATABASE_URL as libpq does, including a unix socket: `postgres://user:pw@localhost/db?host=%2Frun%2Fpg&port=5432`.
 * @throws {DomainError} invalid; the message never repeats the URL, which holds a password.
 */
export function parseDatabaseUrl(secret: Secret): ConnectOptions {
  const url = URL.canParse(secret.reveal()) ? new URL(secret.reveal()) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new DomainError(
      "invalid",
      "DATABASE_URL is not a URL of the form postgres://user:password@host:5432/database.",
    );
  }
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
  const port = Number(url.searchParams.get("port") ?? (url.port || 5432));
  const mode = url.searchParams.get("sslmode") ?? "disable";
  const ssl = SSL_MODES.get(mode);
  if (ssl === undefined)
    throw new DomainError(
      "invalid",
      `DATABASE_URL asks for sslmode "${mode}"; use one of ${[...SSL_MODES.keys()].join(", ")}.`,
    );
  return {
    host,
    port,
    ...(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : {}),
    database: decodeURIComponent(url.pathname.slice(1)) || "postgres",
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ssl,
  };
}
