import type { WorkloadId } from "@homeport/kit/ids.ts";

/** A terminal that somebody wants in a replica of a service. */
export type WantedShell = {
  /** The number of a replica; the first that runs when absent. */
  replica?: number | undefined;
  command?: string[] | undefined;
  columns: number;
  rows: number;
};

/** The replica that it is in. */
export type ShellPlace = { replicaId: string; replica: number; releaseNumber: number; nodeId: string };

/** Opens terminals in replicas: the node's end of a pipe, whose other end whoever asks has opened before. */
export interface ReplicaShells {
  /** @throws {DomainError} not_found, when nothing of the workload ever ran; conflict, when no such replica runs; rate_limited */
  open(id: string, workloadId: WorkloadId, wanted: WantedShell): Promise<ShellPlace>;
  /** Gives up one that no node came for. */
  close(id: string): Promise<void>;
}

/** What the person at a terminal sees of it. */
export type Screen = {
  show(frame: Uint8Array): void;
  /** Resolves once everything shown was taken. */
  drained(): Promise<void>;
  close(code: number, reason: string): void;
  /** Ends with the person's connection. */
  readonly signal: AbortSignal;
};

export type ShellTimes = {
  /** How long a node may take to come. */
  joinMs: number;
  /** How long nothing may be typed and nothing be shown. */
  idleMs: number;
  /** How long it may be open at all. */
  longestMs: number;
};

export const SHELL_TIMES: ShellTimes = { joinMs: 10_000, idleMs: 15 * 60_000, longestMs: 4 * 3_600_000 };

/** Codes that a shell closes with, besides those of every socket; the last frame says why in words. */
export const SHELL_CLOSE = { ended: 1000, tooLong: 4408, lost: 4503 } as const;
