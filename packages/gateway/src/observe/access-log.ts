import type { LoggedRequest } from "@homeport/kit/registry/gateway-status.ts";
import type { FinishedRequest } from "../proxy.ts";
import type { Outcome, RouteStats } from "./route-stats.ts";

/** Entries kept; at 300 bytes each, half a megabyte. */
const CAPACITY = 2_000;
/** Of answers without fault, at most so many a second are kept; what went wrong is kept always. */
const SAMPLES_PER_SECOND = 20;

/**
 * The last requests of this process: whatever went wrong, and a sample of the rest. A request that is not kept costs a
 * comparison; nothing is written to a disk.
 */
export class AccessLog {
  private readonly entries: LoggedRequest[] = [];
  private next = 0;
  private second = 0;
  private samples = 0;

  /** `now`: wall clock in ms. */
  constructor(private readonly now: () => number = Date.now) {}

  add(stats: RouteStats, request: FinishedRequest): void {
    const isFault = request.outcome === "cut" || request.outcome === "aborted" || request.status >= 500;
    if (!isFault && !this.takeSample(Math.floor(request.startedAt / 1_000))) return;
    const entry = toEntry(stats, request, new Date(this.now()));
    if (this.entries.length < CAPACITY) this.entries.push(entry);
    else this.entries[this.next] = entry;
    this.next = (this.next + 1) % CAPACITY;
  }

  /** The newest first. */
  latest(limit: number): LoggedRequest[] {
    const { length } = this.entries;
    const newest = length < CAPACITY ? length - 1 : (this.next + CAPACITY - 1) % CAPACITY;
    return Array.from(
      { length: Math.min(limit, length) },
      (_, back) => this.entries[(newest - back + length) % length] as LoggedRequest,
    );
  }

  private takeSample(second: number): boolean {
    if (second > this.second) {
      this.second = second;
      this.samples = 0;
    }
    return ++this.samples <= SAMPLES_PER_SECOND;
  }
}

function toEntry(stats: RouteStats, request: FinishedRequest, at: Date): LoggedRequest {
  return {
    at: at.toISOString(),
    requestId: request.requestId(),
    route: stats.id,
    method: request.method().slice(0, 20),
    host: request.host().slice(0, 260),
    path: request.path().slice(0, 200),
    status: request.status,
    outcome: wordFor(request.outcome),
    durationMs: Math.round(request.durationMs * 100) / 100,
    bytesOut: request.bytesOut,
    client: request.clientAddress.slice(0, 64),
  };
}

const wordFor = (outcome: Outcome): LoggedRequest["outcome"] => (typeof outcome === "number" ? "answered" : outcome);
