import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { stopProcess } from "../src/local/daemon.ts";

/**
 * Waits until the test run is gone, or the server was stopped and its folder removed; then stops the server and removes
 * the folder. The servers outlive a process by design, so somebody has to.
 */
const [dataDir = "", runDir = "", runPid = ""] = process.argv.slice(2);
if (!runDir.startsWith(tmpdir()) || !basename(runDir).startsWith("homeport-test-"))
  throw new Error(`not a folder of a test run: ${runDir}`);

let wasThere = false;
while (isRunning(Number(runPid))) {
  if (existsSync(dataDir)) wasThere = true;
  else if (wasThere) process.exit(0);
  await Bun.sleep(200);
}
await stop(join(dataDir, "postgres", "postmaster.pid"), /^postgres/);
await stop(join(dataDir, "valkey.pid"), /^(redis|valkey)-server/);
rmSync(dataDir, { recursive: true, force: true });
if (existsSync(runDir) && readdirSync(runDir).length === 0) rmdirSync(runDir);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function stop(pidFile: string, program: RegExp): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n", 1)[0]);
  if (pid > 1) await stopProcess(pid, program, "SIGQUIT", 5000);
}
