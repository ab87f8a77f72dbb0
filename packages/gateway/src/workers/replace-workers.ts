import type { Generation } from "./generation.ts";
import type { Limits } from "./limits.ts";
import type { Share } from "./messages.ts";
import { pause } from "./pause.ts";
import type { WorkerProcess } from "./worker-process.ts";

export type Replacement = {
  old: Generation;
  create: () => Generation;
  runDir: string;
  limits: Limits;
  /** Gives up as long as the old workers have not been told to finish. */
  signal: AbortSignal;
};

/**
 * Puts new workers in the place of old ones without losing a connection: the new ones get none until all of them are ready,
 * then they get all, and the old ones finish what they have. Resolves with the new ones as soon as the old ones accept no
 * more, or with null when the new ones did not become ready, and everything is as before.
 *
 * Listeners are chosen by their place in the kernel's array (see `steer`): the old ones hold the first places, since none
 * is restarted meanwhile; who leaves is replaced by the last, so the places from `first` on are always those of new ones.
 */
export async function replaceWorkers({ old, create, runDir, limits, signal }: Replacement): Promise<Generation | null> {
  old.freeze();
  await old.settle();
  const first = old.workers.filter(({ state }) => state === "serving").length;
  if (first > 0) await steer(old.workers, { first: 0, count: first });
  if (signal.aborted) return null;
  const next = create();
  if (!(await next.isReadyWithin(limits.readyMs, runDir, signal))) {
    await Promise.all([next.end(), steer(old.workers, null)]);
    if (!signal.aborted) old.resume();
    return null;
  }
  await steer(next.workers, { first, count: next.size });
  await pause(limits.handshakeMs, signal);
  // With every listener that closes, the last place is gone; this one is there until all of them have closed.
  await steer(next.workers, { first, count: 1 });
  const leaving = old.workers;
  for (const worker of leaving) void worker.drain(true);
  await Promise.all(leaving.map(({ closed }) => closed));
  await steer(next.workers, null);
  return next;
}

/** Any of those that listen can do it for all. */
async function steer(workers: readonly WorkerProcess[], share: Share): Promise<void> {
  for (const worker of workers) if (await worker.steer(share)) return;
}
