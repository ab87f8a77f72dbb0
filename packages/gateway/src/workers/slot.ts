import { log } from "../log.ts";
import type { Limits } from "./limits.ts";
import { pause } from "./pause.ts";
import type { Exit, WorkerProcess } from "./worker-process.ts";

export type SlotOptions = {
  /** @throws when the system has no room for another process */
  spawn: () => WorkerProcess;
  /** Called when a worker has ended that should not have, or could not be made. */
  onDied: () => void;
  limits: Limits;
};

/** One place among the workers: a process, and another one after its death. */
export class Slot {
  worker: WorkerProcess | null = null;
  hasDied = false;
  private keeping = new AbortController();

  constructor(private readonly options: SlotOptions) {
    void this.keep(this.keeping.signal);
  }

  /** From now on a worker that dies stays dead. */
  freeze(): void {
    this.keeping.abort();
  }

  resume(): void {
    if (!this.keeping.signal.aborted) return;
    this.keeping = new AbortController();
    void this.keep(this.keeping.signal);
  }

  private async keep(signal: AbortSignal): Promise<void> {
    const { limits, onDied } = this.options;
    let waitMs = limits.firstRestartMs;
    for (;;) {
      const startedAt = performance.now();
      const exit = await this.occupy();
      if (signal.aborted) return;
      if (performance.now() - startedAt >= limits.healthyMs) waitMs = limits.firstRestartMs;
      log.error({ worker: this.worker?.number, ...exit, waitMs }, "a worker died and is restarted");
      this.hasDied = true;
      onDied();
      await pause(waitMs, signal);
      if (signal.aborted) return;
      waitMs = Math.min(waitMs * 2, limits.slowestRestartMs);
    }
  }

  /** Resolves when the process that is here, or a new one, has ended; with null when there could be none. */
  private async occupy(): Promise<Exit | null> {
    if (this.worker !== null && this.worker.state !== "ended") return this.worker.exited;
    try {
      this.worker = this.options.spawn();
    } catch (err) {
      log.error({ err }, "cannot start a worker");
      return null;
    }
    return this.worker.exited;
  }
}
