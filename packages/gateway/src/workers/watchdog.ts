import { log } from "../log.ts";
import { askWorker } from "./ask-worker.ts";
import type { Limits } from "./limits.ts";
import { pause } from "./pause.ts";
import type { WorkerProcess } from "./worker-process.ts";

/**
 * Kills a worker that serves and gives no sign of life for `hungMs`: the kernel goes on giving it connections. Signs that
 * were missed are counted, rather than time, so that a supervisor that stood still itself finds nobody hanging. Resolves when
 * the worker no longer serves.
 */
export async function watch(worker: WorkerProcess, runDir: string, { askMs, hungMs }: Limits): Promise<void> {
  let missed = 0;
  while (worker.state === "serving") {
    const [isAlive] = await Promise.all([answers(worker, runDir, askMs), pause(askMs, worker.ended)]);
    missed = isAlive ? 0 : missed + 1;
    if (missed * askMs < hungMs || worker.state !== "serving") continue;
    log.error({ worker: worker.number, pid: worker.pid, missed }, "a worker hangs and is killed");
    worker.kill();
    return;
  }
}

async function answers(worker: WorkerProcess, runDir: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await askWorker(runDir, worker.number, "/healthz", timeoutMs);
    await response.arrayBuffer(); // or the connection stays busy
    return true;
  } catch {
    return false;
  }
}
