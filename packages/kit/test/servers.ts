import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { Secret } from "../src/secret.ts";

/** Set this to use a server of your own, which is neither started nor stopped. */
const DATABASE = "HOMEPORT_TEST_DATABASE_URL";

/** Kept on the process, not in the module: bun may load a module anew for each test file. */
type Shared = { homeportTestDir?: string; homeportTestPostgres?: Promise<Secret> };
const shared = globalThis as Shared;

/**
 * The superuser's URL of the Postgres server of this `bun test` run. It starts at first use and ends with the run,
 * however the run ends.
 */
export function testPostgres(): Promise<Secret> {
  const given = process.env[DATABASE];
  if (given) return Promise.resolve(new Secret(given));
  shared.homeportTestPostgres ??= startServer("postgres", join(testDir(), "postgres")).then(
    (server) => new Secret(server.url),
  );
  return shared.homeportTestPostgres;
}

/** The folder of the servers of this run. */
export function testDir(): string {
  shared.homeportTestDir ??= mkdtempSync(join(tmpdir(), "homeport-test-"));
  return shared.homeportTestDir;
}

const Started = z.object({ url: z.string(), pid: z.number() });
export type StartedServer = z.infer<typeof Started>;

/**
 * Starts a server through a process in between: when a test times out bun kills every child of its own, and that must
 * not be the server of all other tests. A watchdog ends the server once this process is gone.
 */
export async function startServer(kind: "postgres" | "valkey", dataDir: string): Promise<StartedServer> {
  const launcher = Bun.spawn(
    [process.execPath, join(import.meta.dir, "start-server.ts"), kind, dataDir, testDir(), String(process.pid)],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      env: { ...process.env, HOMEPORT_LOG_LEVEL: "silent" },
    },
  );
  const printed = await new Response(launcher.stdout).text();
  if ((await launcher.exited) !== 0) throw new Error(`the ${kind} server of the tests did not start`);
  return Started.parse(JSON.parse(printed));
}
