import http from "node:http";
import type { Socket } from "node:net";
import type { Target } from "./target.ts";

/** Idle connections kept per target, so that the sockets of one burst are not kept for ever. */
const MAX_IDLE_PER_TARGET = 256;
/** Node's servers close an idle connection after 5 s, and most workloads inherit that. Stay below it. */
const IDLE_MS = 4_000;
/** What can't be repeated goes only over a connection that was busy just now: the shortest usual idle limit is 2 s (gunicorn). */
const UNREPEATABLE_IDLE_MS = 1_000;
const MAX_RESPONSE_HEAD_BYTES = 64 * 1024;

export type UpstreamRequest = {
  method: string;
  path: string;
  headers: string[];
  isRepeatable: boolean;
  isUpgrade: boolean;
};

/** Connections to targets, kept alive between requests; the one used last is used next. */
export class Upstreams {
  private readonly agent = new http.Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_PER_TARGET, scheduling: "lifo" });
  private readonly idleSince = new WeakMap<Socket, number>();
  private readonly used = new Map<string, Target>();
  private sweep: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly now: () => number) {
    this.agent.on("free", (socket: Socket) => {
      this.idleSince.set(socket, this.now());
      this.sweepLater();
    });
  }

  /** @throws when the path or a header can't be sent. Everything else arrives as an event of the request. */
  open(target: Target, request: UpstreamRequest): http.ClientRequest {
    if (!request.isUpgrade) {
      this.dropIdle(target, request.isRepeatable ? IDLE_MS : UNREPEATABLE_IDLE_MS);
      this.used.set(target.key, target);
    }
    return http.request({
      ...connectOptions(target),
      agent: request.isUpgrade ? false : this.agent, // a tunnel never comes back to the pool
      method: request.method,
      path: request.path,
      headers: request.headers,
      setHost: false,
      maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
    });
  }

  /**
   * Closes connections to the target that were idle for `maxIdleMs` or longer. They are the oldest and stand first in the
   * agent's list, where it skips closed ones.
   */
  dropIdle(target: Target, maxIdleMs: number): void {
    const latest = this.now() - maxIdleMs;
    for (const socket of this.agent.freeSockets[this.agent.getName(connectOptions(target))] ?? []) {
      if ((this.idleSince.get(socket) ?? Number.NEGATIVE_INFINITY) <= latest) socket.destroy();
    }
  }

  /** Closes idle connections to every target that is not in `keys`, so that one that drains can stop at once. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, target] of this.used) {
      if (keys.has(key)) continue;
      this.dropIdle(target, 0);
      this.used.delete(key);
    }
  }

  close(): void {
    if (this.sweep !== null) clearTimeout(this.sweep);
    this.agent.destroy();
  }

  /** Runs only while there are idle connections: a target that goes quiet keeps none. */
  private sweepLater(): void {
    if (this.sweep !== null) return;
    this.sweep = setTimeout(() => {
      this.sweep = null;
      for (const target of this.used.values()) this.dropIdle(target, IDLE_MS);
      if (Object.keys(this.agent.freeSockets).length > 0) this.sweepLater();
    }, IDLE_MS);
    this.sweep.unref();
  }
}

function connectOptions({ address }: Target): { socketPath: string } | { host: string; port: number } {
  return address.kind === "unix" ? { socketPath: address.path } : { host: address.host, port: address.port };
}
