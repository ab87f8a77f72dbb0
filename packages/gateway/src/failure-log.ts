import { proxyLog } from "./log.ts";

/** A dead upstream under load fails thousands of times a second; one line per target says it. */
const QUIET_MS = 5_000;
const MAX_REMEMBERED = 1_000;

export type UpstreamFailure = { routeId: string; target: string; requestId: string; err: Error };

/** Logs failures of upstreams, the same one at most every QUIET_MS. */
export class FailureLog {
  private readonly loggedAt = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  add({ routeId, target, requestId, err }: UpstreamFailure): void {
    const key = `${routeId} ${target}`;
    const now = this.now();
    const isQuiet = now - (this.loggedAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS;
    if (isQuiet) {
      proxyLog.debug({ err, routeId, target, requestId }, "upstream failed");
      return;
    }
    if (this.loggedAt.size >= MAX_REMEMBERED) this.loggedAt.clear();
    this.loggedAt.set(key, now);
    proxyLog.warn({ err, routeId, target, requestId }, "upstream failed");
  }
}
