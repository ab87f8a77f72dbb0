import { askWorker } from "./ask-worker.ts";
import { pause } from "./pause.ts";
import { Slot, type SlotOptions } from "./slot.ts";
import type { WorkerProcess } from "./worker-process.ts";

const LOOK_MS = 50;
const ANSWER_MS = 1_000;

/** The workers that serve together until others take their place. */
export class Generation {
  private readonly slots: Slot[];

  constructor(
    readonly size: number,
    options: SlotOptions,
  ) {
    this.slots = Array.from({ length: size }, () => new Slot(options));
  }

  /** Those that live, at most `size`. */
  get workers(): WorkerProcess[] {
    return this.slots.flatMap(({ worker }) => (worker === null || worker.state === "ended" ? [] : [worker]));
  }

  /** Whether each of them listens. */
  get isComplete(): boolean {
    return this.slots.every(({ worker }) => worker?.state === "serving");
  }

  get haveAllDied(): boolean {
    return this.slots.every(({ hasDied }) => hasDied);
  }

  /** From now on workers that die stay dead. */
  freeze(): void {
    for (const slot of this.slots) slot.freeze();
  }

  resume(): void {
    for (const slot of this.slots) slot.resume();
  }

  /** Resolves when none is just starting; after `freeze` it stays so. */
  async settle(): Promise<void> {
    await Promise.all(this.workers.map(({ started }) => started));
  }

  /** Whether all of them can take traffic, with a route table, before the time is over or the signal comes. */
  async isReadyWithin(timeoutMs: number, runDir: string, signal: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!signal.aborted && performance.now() < deadline) {
      const ready = await Promise.all(this.workers.map((worker) => isReady(worker, runDir)));
      if (ready.length === this.size && ready.every(Boolean)) return true;
      await pause(LOOK_MS, signal);
    }
    return false;
  }

  /** Ends all of them: what runs may finish in those that have begun to serve. Resolves when none is left. */
  async end(): Promise<void> {
    this.freeze();
    await Promise.all(
      this.workers.map((worker) => {
        if (worker.state !== "starting") return worker.drain(true);
        worker.kill();
        return worker.exited;
      }),
    );
  }
}

async function isReady(worker: WorkerProcess, runDir: string): Promise<boolean> {
  if (worker.state !== "serving") return false;
  try {
    await (await askWorker(runDir, worker.number, "/readyz", ANSWER_MS)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
