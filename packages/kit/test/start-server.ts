import { spawn } from "node:child_process";
import { join } from "node:path";
import { startLocalPostgres } from "../src/local/postgres.ts";
import { startLocalValkey } from "../src/local/valkey.ts";

/** `start-server.ts postgres|valkey <its folder> <folder of the run> <pid of the run>`: starts one, prints how to reach it. */
const [kind, dataDir = "", runDir = "", runPid = ""] = process.argv.slice(2);

// Before the server, so that nothing is left when the run is killed in between.
spawn(process.execPath, [join(import.meta.dir, "watchdog.ts"), dataDir, runDir, runPid], {
  detached: true,
  stdio: "ignore",
}).unref();
const { url, pid } = kind === "postgres" ? await startPostgres() : await startLocalValkey({ dataDir });
process.stdout.write(JSON.stringify({ url, pid }));
process.exit(0);

async function startPostgres(): Promise<{ url: string; pid: number }> {
  const server = await startLocalPostgres({ dataDir, durable: false });
  return { url: server.url.reveal(), pid: server.pid };
}
