import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DomainError, type ErrorCode } from "@homeport/kit/errors.ts";
import { z } from "zod";
import { backoffMs } from "../backoff.ts";
import { batches } from "../batches.ts";
import { log } from "../log.ts";
import type { ContainerEngine, EngineReplica, LogEntry, LogSink } from "../ports.ts";
import { sleep } from "../sleep.ts";
import { readState, writeState } from "../state-file.ts";

const MAX_BATCH_LINES = 500;
/** With one more line of 64 KiB, and every character escaped, still less than a request of a megabyte. */
const MAX_BATCH_CHARS = 64 * 1024;
/** How long a line may wait for others. */
const MAX_DELAY_MS = 100;
const APPEND_TIMEOUT_MS = 15_000;
const MAX_PAUSE_MS = 15_000;

/** How far a replica's log has been taken by the sink: `offset` lines, ending at `cursor`. */
const Progress = z.object({
  writer: z.string().max(80),
  offset: z.number().int().min(0),
  cursor: z.string().max(400).nullable(),
});
type Progress = z.infer<typeof Progress>;

type Shipment = { stop: AbortController; ended: Promise<void>; startedAt: number };

/**
 * Sends every replica's output to the log sink, in order and each line once: progress is stored after the sink has taken
 * a batch, and what is sent again after a crash carries the same numbers. Nothing is read ahead while the sink is away;
 * the engine's own log is the buffer, bounded on disk.
 */
export const createLogShipper = (engine: ContainerEngine, sink: LogSink, dir: string) => {
  const shipments = new Map<string, Shipment>();
  const fileOf = (id: string): string => join(dir, `${id}.json`);

  const ship = async (replica: EngineReplica, signal: AbortSignal): Promise<void> => {
    const { id } = replica;
    let progress = await loadProgress(fileOf(id), id);
    const entries = engine.logs(id, progress.cursor, signal);
    const limits = {
      items: MAX_BATCH_LINES,
      size: MAX_BATCH_CHARS,
      delayMs: MAX_DELAY_MS,
      sizeOf: (entry: LogEntry) => entry.text.length,
    };
    for await (const batch of batches(entries, limits)) {
      const delivered = await deliver(replica, progress, batch, signal);
      if (delivered === null) return;
      progress = { ...delivered, cursor: batch.at(-1)?.cursor ?? progress.cursor };
      await writeState(fileOf(id), progress);
    }
  };

  /** Tries until the sink has taken it, and says how far it is then. Null when the shipment was stopped first. */
  const deliver = async (
    replica: EngineReplica,
    from: Progress,
    batch: LogEntry[],
    signal: AbortSignal,
  ): Promise<Progress | null> => {
    const { id: replicaId, logStream: streamId } = replica;
    const lines = batch.map(({ at, stream, text }) => ({ at, stream, text }));
    let progress = from;
    for (let failures = 0; !signal.aborted; ) {
      const { writer, offset } = progress;
      const message = { streamId, replicaId, writer, offset, lines };
      try {
        await sink.append(message, AbortSignal.any([signal, AbortSignal.timeout(APPEND_TIMEOUT_MS)]));
        return { ...progress, offset: offset + lines.length };
      } catch (err) {
        if (signal.aborted) break;
        if (isRefusal(err, "conflict") && offset > 0) {
          log.warn({ replicaId }, "the log sink has lost earlier lines; its count begins again");
          progress = newWriter(replicaId, progress.cursor);
          continue;
        }
        if (isRefusal(err, "invalid") || isRefusal(err, "too_large")) {
          log.error(
            { err, replicaId, count: lines.length },
            "the log sink refuses these lines for good; they are left out",
          );
          return newWriter(replicaId, progress.cursor); // a gap in the numbers would be refused as well
        }
        failures += 1;
        if (failures === 1) log.warn({ err, replicaId }, "logs could not be delivered; they wait on this node");
        await sleep(Math.min(backoffMs(failures), MAX_PAUSE_MS), signal);
      }
    }
    return null;
  };

  const begin = (replica: EngineReplica, startedAt: number): void => {
    const stop = new AbortController();
    const ended = ship(replica, stop.signal).catch((err: unknown) => {
      if (stop.signal.aborted) return;
      log.warn({ err, replicaId: replica.id }, "shipping a log broke off");
      shipments.delete(replica.id); // the next look begins again
    });
    shipments.set(replica.id, { stop, ended, startedAt });
  };

  /** One reader after the other: two would send the same lines under the same numbers at once. */
  const restart = (replica: EngineReplica, current: Shipment, startedAt: number): void => {
    current.startedAt = startedAt;
    void current.ended.then(() => {
      if (shipments.get(replica.id) === current && !current.stop.signal.aborted) begin(replica, startedAt);
    });
  };

  return {
    /** Ships the logs of these. One that has ended is read to its end once, and again after each further start. */
    sync(replicas: EngineReplica[]): void {
      for (const replica of replicas) {
        if (replica.state.kind === "created") continue;
        const startedAt = replica.state.kind === "running" ? replica.state.startedAt.getTime() : null;
        const current = shipments.get(replica.id);
        if (current === undefined) begin(replica, startedAt ?? 0);
        else if (startedAt !== null && startedAt !== current.startedAt) restart(replica, current, startedAt);
      }
    },

    /** Waits until everything of a replica that has ended was taken, at most so long. */
    async drain(id: string, timeoutMs: number): Promise<void> {
      const late = new AbortController();
      await Promise.race([shipments.get(id)?.ended, sleep(timeoutMs, late.signal)]);
      late.abort();
    },

    /** The replica is gone, and its log with it. */
    async forget(id: string): Promise<void> {
      const shipment = shipments.get(id);
      shipment?.stop.abort();
      await shipment?.ended;
      shipments.delete(id);
      await rm(fileOf(id), { force: true });
    },

    async stop(): Promise<void> {
      for (const { stop } of shipments.values()) stop.abort();
      await Promise.all([...shipments.values()].map(({ ended }) => ended));
    },
  };
};

export type LogShipper = ReturnType<typeof createLogShipper>;

/** Progress that was lost begins again under a new name: the sink then has lines twice, but misses none. */
const loadProgress = async (path: string, id: string): Promise<Progress> => {
  const stored = await readState(path, Progress).catch(() => null);
  return stored ?? newWriter(id, null);
};

const newWriter = (replicaId: string, cursor: string | null): Progress => ({
  writer: `${replicaId}-${Bun.randomUUIDv7().slice(-8)}`,
  offset: 0,
  cursor,
});

const isRefusal = (err: unknown, code: ErrorCode): boolean => err instanceof DomainError && err.code === code;
