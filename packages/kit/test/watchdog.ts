import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { tmpdir } from "node:os";
import { stopProcess } from "../src/local/daemon.ts";

/**
 * Waits until the test run that started it is gone, then stops the servers it started below the given folder and
 * removes the folder. The servers outlive a process by design, so somebody has to.
 */
const dir = process.argv[2] ?? "";
if (!dir.startsWith(tmpdir()) || !basename(dir).startsWith("homeport-test-")) throw new Error(`not a folder of a test run: ${dir}`);

for await (const _ of Bun.stdin.stream()) {
  // The parent writes nothing; the stream ends with the parent.
}

for (const entry of readdirSync(dir)) {
  await stop(join(dir, entry, "postgres", "postmaster.pid"), /^postgres/);
  await stop(join(dir, entry, "valkey.pid"), /^(redis|valkey)-server/);
}
rmSync(dir, { recursive: true, force: true });

async function stop(pidFile: string, program: RegExp): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n", 1)[0]);
  if (pid > 1) await stopProcess(pid, program, "SIGQUIT", 5000);
}
