import { runErrand, type ServerName } from "./errand.ts";

/**
 * Starts a server of this machine, or adopts the one that runs, and gives its pid.
 *
 * @throws {DomainError} unavailable
 */
export const startServer = (name: ServerName, dataDir: string): Promise<number | null> =>
  runErrand({ do: name, dataDir }).next("started");

/** Ends a server of this machine. Its code is loaded here, at the end. */
export const endServer = async (name: ServerName, dataDir: string): Promise<void> => {
  if (name === "postgres") {
    const { stopLocalPostgres } = await import("@homeport/kit/local/postgres.ts");
    return stopLocalPostgres(dataDir);
  }
  const { stopLocalValkey } = await import("@homeport/kit/local/valkey.ts");
  return stopLocalValkey(dataDir);
};
