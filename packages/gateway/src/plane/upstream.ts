import { TargetCounts } from "../observe/traffic-counts.ts";
import type { Target } from "../target.ts";
import type { Exchange } from "./exchange.ts";
import type { PlaneContext } from "./plane-context.ts";
import { UpstreamConnection } from "./upstream-connection.ts";

/** Node's servers close an idle connection after 5 s, and most workloads inherit that. Stay below it. */
const IDLE_MS = 4_000;
/** What can't be repeated goes only over a connection that was busy just now: the shortest usual idle limit is 2 s (gunicorn). */
const UNREPEATABLE_IDLE_MS = 1_000;
/** Connections to one target, tunnels aside; more requests than that wait in line for one. One client may have half as many. */
const MAX_CONNECTIONS = 2_048;
const MAX_WAITING = 4_096;

/** How long a target whose connection failed is passed over while another one is ready: it may just be restarting. */
const EJECTED_MS = 2_000;
/** Each further failure doubles that, up to here: a killed instance stays in the table until its lease ends. */
const MAX_EJECTED_MS = 16_000;

/**
 * One target with its connections: the idle ones as a stack, so that the one used last is used next, and a bounded line of
 * requests when all are busy. It stays the same object from table to table, as long as the target is in one.
 */
export class Upstream {
  /** Requests that are on it now. */
  outstanding = 0;
  /** Of this target among those of its route; 100 is usual, 0 gets nothing. */
  weight = 100;
  /** No table names it any more: its connections end as they become idle. */
  isRetired = false;
  /** For the weighted choice, see choose-upstream.ts. */
  credit = 0;
  private readonly idle: UpstreamConnection[] = [];
  private readonly waiting: Exchange[] = [];
  private isServingLater = false;
  private open = 0;
  private ejectedUntil = 0;
  private ejectedMs = 0;

  constructor(
    readonly target: Target,
    private readonly context: PlaneContext,
    /** When it became ready, by the monotonic clock. */
    readonly since: number,
    readonly counts = new TargetCounts(),
  ) {}

  get idleCount(): number {
    return this.idle.length;
  }

  isEjected(now: number): boolean {
    return this.ejectedUntil > now;
  }

  /** A connection to it failed, broke off before an answer, or was too slow. */
  eject(now: number): void {
    if (this.isEjected(now)) return; // requests that were under way tell the same failure again
    this.ejectedMs = Math.min(this.ejectedMs === 0 ? EJECTED_MS : this.ejectedMs * 2, MAX_EJECTED_MS);
    this.ejectedUntil = now + this.ejectedMs;
  }

  /** It answered. */
  trust(): void {
    this.ejectedUntil = 0;
    this.ejectedMs = 0;
  }

  /**
   * Gives the exchange a connection: its dispatch is told `connected` now, or when one stands or becomes idle;
   * `connectFailed`, perhaps now too, when none can be had. False when too many wait already.
   */
  acquire(exchange: Exchange, isRepeatable: boolean, now: number): boolean {
    const idle = this.takeIdle(isRepeatable ? IDLE_MS : UNREPEATABLE_IDLE_MS, now);
    if (idle !== null) {
      idle.assign(exchange);
      return true;
    }
    if (this.open < MAX_CONNECTIONS) {
      this.connect(exchange);
      return true;
    }
    if (this.waiting.length >= MAX_WAITING) return false;
    this.waiting.push(exchange);
    return true;
  }

  /** The exchange does not want a connection any more. */
  forget(exchange: Exchange): void {
    const index = this.waiting.indexOf(exchange);
    if (index !== -1) this.waiting.splice(index, 1);
  }

  /** The connection is free for another request. */
  release(connection: UpstreamConnection, now: number): void {
    const next = this.waiting.shift();
    if (next !== undefined) connection.assign(next);
    else if (this.isRetired) connection.close();
    else {
      connection.idleSince = now;
      this.idle.push(connection);
    }
  }

  /** The connection is gone, or a tunnel: its place is free. */
  removed(connection: UpstreamConnection): void {
    this.open--;
    const index = this.idle.lastIndexOf(connection);
    if (index !== -1) this.idle.splice(index, 1);
    if (this.waiting.length > 0) this.serveLater();
  }

  /** Closes connections that were idle for `maxIdleMs` or longer: the oldest, at the bottom of the stack. */
  closeIdle(now: number, maxIdleMs = IDLE_MS): void {
    while (this.idle.length > 0 && now - (this.idle[0] as UpstreamConnection).idleSince >= maxIdleMs) {
      this.idle.shift()?.close();
    }
  }

  retire(now: number): void {
    this.isRetired = true;
    this.closeIdle(now, 0);
  }

  /** Connections for who waits. Not at once: one that fails at once answers its request, amid whatever was being done. */
  private serveLater(): void {
    if (this.isServingLater) return;
    this.isServingLater = true;
    queueMicrotask(() => {
      this.isServingLater = false;
      for (let room = MAX_CONNECTIONS - this.open; room > 0; room--) {
        const next = this.waiting.shift();
        if (next === undefined) return;
        this.connect(next);
      }
    });
  }

  private connect(exchange: Exchange): void {
    this.open++;
    new UpstreamConnection(this, this.context).connect(exchange);
  }

  private takeIdle(maxIdleMs: number, now: number): UpstreamConnection | null {
    const top = this.idle.at(-1);
    if (top === undefined || now - top.idleSince >= maxIdleMs) return null;
    this.idle.pop();
    return top;
  }
}
