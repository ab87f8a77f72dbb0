import type { LogLine } from "./line.ts";

/** Source: measured with 10,000 lines a second; more than this costs memory that a browser tab should not take. */
export const MAX_LINES = 50_000;

export interface LogSnapshot {
  /** Ascending by `n`. The array is the buffer's own and grows in place: `version` tells that it changed. */
  lines: readonly LogLine[];
  version: number;
  /** Whether more than one replica wrote. */
  replicas: boolean;
}

/** The lines on screen. What arrives is shown once per animation frame, however many lines there are. */
export class LogBuffer {
  #lines: LogLine[];
  #pending: LogLine[] = [];
  #replicas = new Set<string>();
  #frame = 0;
  #listeners = new Set<() => void>();
  #snapshot: LogSnapshot;

  constructor(lines: readonly LogLine[]) {
    this.#lines = lines.slice(-MAX_LINES);
    for (const line of this.#lines) this.#noteReplica(line);
    this.#snapshot = { lines: this.#lines, version: 0, replicas: this.#replicas.size > 1 };
  }

  snapshot = (): LogSnapshot => this.#snapshot;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Number of the newest line, shown or about to be; null when there is none. */
  lastNumber(): number | null {
    return (this.#pending.at(-1) ?? this.#lines.at(-1))?.n ?? null;
  }

  /** Number of the oldest line on screen; null when there is none. */
  firstNumber(): number | null {
    return this.#lines[0]?.n ?? null;
  }

  /** Adds a newer line. Lines that are already here are ignored, so a stream may start again a little earlier. */
  push(line: LogLine): void {
    const last = this.lastNumber();
    if (last !== null && line.n <= last) return;
    this.#pending.push(line);
    // A hidden tab gets no frames: what waits must not grow without end either.
    if (this.#pending.length > MAX_LINES) this.#pending.splice(0, this.#pending.length - MAX_LINES);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.flush());
  }

  /** Adds older lines in front, as many as fit. */
  prepend(lines: readonly LogLine[]): void {
    const first = this.#lines[0]?.n ?? Number.POSITIVE_INFINITY;
    const older = lines.filter((line) => line.n < first);
    const room = MAX_LINES - this.#lines.length;
    if (older.length === 0 || room <= 0) return;
    this.#lines.unshift(...older.slice(-room));
    for (const line of older) this.#noteReplica(line);
    this.#emit();
  }

  flush(): void {
    this.#frame = 0;
    if (this.#pending.length === 0) return;
    for (const line of this.#pending) {
      this.#lines.push(line);
      this.#noteReplica(line);
    }
    this.#pending = [];
    if (this.#lines.length > MAX_LINES) this.#lines.splice(0, this.#lines.length - MAX_LINES);
    this.#emit();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #noteReplica(line: LogLine): void {
    // Two are enough to know that there are several.
    if (line.replica !== undefined && this.#replicas.size < 2) this.#replicas.add(line.replica);
  }

  #emit(): void {
    this.#snapshot = {
      lines: this.#lines,
      version: this.#snapshot.version + 1,
      replicas: this.#replicas.size > 1,
    };
    for (const listener of this.#listeners) listener();
  }
}
