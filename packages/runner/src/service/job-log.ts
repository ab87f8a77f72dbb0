import { DomainError } from "@homeport/kit/errors.ts";
import { describeBytes, KIB, MIB } from "../bytes.ts";
import { log } from "../log.ts";
import type { BuildLog, ClaimedBuild, LogLine } from "../ports.ts";
import { pause } from "../run/pause.ts";
import { createMask } from "./mask.ts";
import { secretValues } from "./secret-values.ts";

/** The log of one build, as the steps of the build write it. */
export type JobLog = {
  /** A line of the runner's own. */
  say(text: string): void;
  /** The headline of what comes next. */
  phase(text: string): void;
  /** A line of a command. The promise, if any, asks to wait: the log is not keeping up. */
  line(stream: "stdout" | "stderr", text: string): void | Promise<void>;
  /** Sends what is left, for a bounded time. Later lines are dropped. */
  close(): Promise<void>;
};

export type JobLogOptions = { maxBytes: number; flushMs?: number; closeMs?: number };

/** A line is seen this much later than it was printed. */
const FLUSH_MS = 150;
const CLOSE_MS = 10_000;
/** Of one append; the logging app takes more. */
const MAX_BATCH_LINES = 500;
const MAX_BATCH_CHARS = 256 * KIB;
/** From here on, commands wait for the log. */
const MAX_WAITING_CHARS = 2 * MIB;
const RETRY_MS = [250, 500, 1000, 2000, 4000];

/**
 * Opens the log of a job. Lines are masked, numbered and sent in batches, one at a time; a batch that was not answered
 * is sent again with the same numbers. Aborting `signal` gives up on sending.
 */
export const openJobLog = (to: BuildLog, job: ClaimedBuild, options: JobLogOptions, signal: AbortSignal): JobLog =>
  new BatchedLog(to, job, options, signal);

class BatchedLog implements JobLog {
  readonly #to: BuildLog;
  readonly #job: ClaimedBuild;
  readonly #options: Required<JobLogOptions>;
  readonly #signal: AbortSignal;
  readonly #mask: (line: string) => string;
  readonly #writer: string;
  #waiting: LogLine[] = [];
  #waitingChars = 0;
  #sentLines = 0;
  #takenBytes = 0;
  #full = false;
  #closed = false;
  #sending: Promise<void> | null = null;

  constructor(to: BuildLog, job: ClaimedBuild, options: JobLogOptions, signal: AbortSignal) {
    this.#to = to;
    this.#job = job;
    this.#options = { flushMs: FLUSH_MS, closeMs: CLOSE_MS, ...options };
    this.#signal = signal;
    this.#mask = createMask(secretValues(job));
    this.#writer = `attempt-${job.attempt}`; // each attempt numbers its lines from 0
  }

  say(text: string): void {
    for (const line of text.split("\n")) this.#take("system", line);
  }

  phase(text: string): void {
    this.say(`==> ${text}`);
  }

  line(stream: "stdout" | "stderr", text: string): void | Promise<void> {
    if (this.#full || this.#closed) return;
    this.#takenBytes += Buffer.byteLength(text) + 1;
    if (this.#takenBytes <= this.#options.maxBytes) this.#take(stream, text);
    else {
      this.#full = true;
      this.say(`The output is longer than ${describeBytes(this.#options.maxBytes)}; the rest of it is not kept.`);
    }
    if (this.#waitingChars > MAX_WAITING_CHARS) return this.#sending ?? undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const limit = AbortSignal.timeout(this.#options.closeMs);
    this.#sending ??= this.#send(0);
    await Promise.race([this.#sending, aborted(limit), aborted(this.#signal)]);
  }

  #take(stream: LogLine["stream"], raw: string): void {
    if (this.#closed) return;
    const text = this.#mask(raw);
    this.#waiting.push({ at: new Date(), stream, text });
    this.#waitingChars += text.length + 1;
    this.#sending ??= this.#send(this.#options.flushMs);
  }

  /** Sends until nothing waits. One at a time: `#sending` is it. */
  async #send(afterMs: number): Promise<void> {
    await pause(afterMs, this.#signal);
    while (this.#waiting.length > 0 && !this.#signal.aborted) {
      const lines = this.#nextBatch();
      await this.#deliver(lines);
      this.#sentLines += lines.length;
    }
    this.#sending = null;
  }

  #nextBatch(): LogLine[] {
    let chars = 0;
    let count = 0;
    for (const { text } of this.#waiting) {
      chars += text.length + 1;
      if (count > 0 && (count === MAX_BATCH_LINES || chars > MAX_BATCH_CHARS)) break;
      count++;
    }
    const lines = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingChars -= lines.reduce((sum, { text }) => sum + text.length + 1, 0);
    return lines;
  }

  async #deliver(lines: readonly LogLine[]): Promise<void> {
    for (let attempt = 0; !this.#signal.aborted; attempt++) {
      try {
        return await this.#to.append(this.#job, { writer: this.#writer, offset: this.#sentLines, lines }, this.#signal);
      } catch (err) {
        if (this.#signal.aborted) return;
        if (!(err instanceof DomainError && (err.code === "unavailable" || err.code === "rate_limited"))) {
          log.warn({ err, jobId: this.#job.id }, "the build log takes no more lines");
          this.#closed = true;
          this.#waiting = [];
          return;
        }
        await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0, this.#signal);
      }
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
