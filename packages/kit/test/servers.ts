import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalPostgres } from "../src/local/postgres.ts";
import { Secret } from "../src/secret.ts";

/** Set these to use servers of your own, which are neither started nor stopped. */
const DATABASE = "HOMEPORT_TEST_DATABASE_URL";

/** Kept on the process, not in the module: bun loads a module anew for each test file. */
type Shared = { homeportTestDir?: string; homeportTestPostgres?: Promise<Secret> };
const shared = globalThis as Shared;

/**
 * The superuser's URL of the Postgres server of this `bun test` run. It starts at first use and ends with the run,
 * however the run ends.
 */
export function testPostgres(): Promise<Secret> {
  const given = process.env[DATABASE];
  if (given) return Promise.resolve(new Secret(given));
  shared.homeportTestPostgres ??= startLocalPostgres({ dataDir: join(testDir(), "postgres"), durable: false }).then(({ url }) => url);
  return shared.homeportTestPostgres;
}

/** The folder of the servers of this run. A watchdog stops what runs in it and removes it once this process is gone. */
export function testDir(): string {
  if (shared.homeportTestDir === undefined) {
    const dir = mkdtempSync(join(tmpdir(), "homeport-test-"));
    // Its stdin is the only thing that ties it to us: it ends when we do, by exit or by kill -9.
    const watchdog = Bun.spawn([process.execPath, join(import.meta.dir, "watchdog.ts"), dir], {
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
      detached: true,
    });
    watchdog.unref();
    shared.homeportTestDir = dir;
  }
  return shared.homeportTestDir;
}
