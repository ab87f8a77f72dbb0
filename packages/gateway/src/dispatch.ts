import type { ClientRequest, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Balancer } from "./balancer.ts";
import type { Failure } from "./failure.ts";
import type { FailureLog } from "./failure-log.ts";
import { upstreamHeaders } from "./forwarded.ts";
import { proxyLog } from "./log.ts";
import type { ProxyEvents, ProxyRules } from "./proxy.ts";
import type { RequestHead } from "./request-head.ts";
import type { Route } from "./table.ts";
import type { Target } from "./target.ts";
import type { Upstreams } from "./upstreams.ts";

export type Timeouts = {
  /** For the head of a request to arrive. */
  headMs: number;
  /** Until the connection stands. */
  connectMs: number;
  /** From the last byte of the request to the head of the response. */
  responseMs: number;
  /** Without a byte of the response body, event streams excepted. */
  bodyIdleMs: number;
};

export type DispatchDeps = {
  upstreams: Upstreams;
  balancer: Balancer;
  rules: ProxyRules;
  events: ProxyEvents;
  timeouts: Timeouts;
  failureLog: FailureLog;
};

/** One request to be brought to a target. Exactly one of `response`, `upgraded` and `failed` is called, once. */
export type Delivery = {
  head: RequestHead;
  requestId: string;
  route: Route;
  /** Sends the body; called when a connection stands, at most once, and only for requests that have one. */
  sendBody(upstream: ClientRequest): void;
  response(response: IncomingMessage): void;
  upgraded(response: IncomingMessage, socket: Socket, first: Buffer): void;
  failed(failure: Failure): void;
  /** The upstream said that the body may come (100). */
  continued(): void;
};

/** Methods that may be sent twice (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** A request that may have reached a target is sent at most twice; one that found no connection looks at a few more. */
const MAX_SENT = 2;
const MAX_ATTEMPTS = 5;

/**
 * Picks a target, sends, and tries elsewhere when that can't make anything happen twice: as long as nothing was sent (no
 * connection), or once more when the request is idempotent, has no body, and not one byte came back.
 */
export class Dispatch {
  private upstream: ClientRequest | null = null;
  private release: () => void = () => undefined;
  private attempts = 0;
  private readonly tried = new Set<string>();
  private sent = 0;
  private isSettled = false;
  private responseTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly deps: DispatchDeps,
    private readonly delivery: Delivery,
  ) {}

  get request(): ClientRequest | null {
    return this.upstream;
  }

  start(): void {
    this.attempt(this.delivery.route.ready);
  }

  /** The client is gone, or everything is done: nothing is called any more and an unfinished upstream request is cut. */
  finish(): void {
    this.settle();
    this.release();
    if (this.upstream !== null && !this.upstream.destroyed) this.upstream.destroy();
  }

  /** The body moves on; the time for an answer starts again. */
  touch(): void {
    this.responseTimer?.refresh();
  }

  private attempt(targets: readonly Target[]): void {
    const target = this.deps.balancer.pick(targets, this.tried);
    if (target === null) {
      this.fail({ kind: "no_upstream" });
      return;
    }
    this.attempts++;
    this.tried.add(target.key);
    this.release = this.deps.balancer.begin(target);
    const upstream = this.open(target);
    if (upstream === null) {
      this.fail({ kind: "malformed", detail: "The request can't be passed on." });
      return;
    }
    this.upstream = upstream;
    this.watchConnection(upstream, target);
    this.watchAnswer(upstream, target);
    if (!this.hasBody) upstream.end();
  }

  private get hasBody(): boolean {
    return this.delivery.head.body.kind !== "none";
  }

  private get isRepeatable(): boolean {
    return IDEMPOTENT.has(this.delivery.head.method) && !this.hasBody;
  }

  private open(target: Target): ClientRequest | null {
    const { head, requestId } = this.delivery;
    const headers = upstreamHeaders(head, requestId);
    const { isRepeatable } = this;
    try {
      const request = { method: head.method, path: head.target, headers, isRepeatable, isUpgrade: head.isWebSocket };
      return this.deps.upstreams.open(target, request);
    } catch (err) {
      proxyLog.warn({ err, requestId }, "a request passed our checks and not Node's");
      return null;
    }
  }

  private watchConnection(upstream: ClientRequest, target: Target): void {
    const { timeouts } = this.deps;
    let isConnected = false;
    let bytesBefore = 0;
    let isSlow = false;
    const expire = () => {
      isSlow = true;
      upstream.destroy();
    };
    const connectTimer = setTimeout(expire, timeouts.connectMs);
    const connected = (socket: Socket) => {
      isConnected = true;
      this.sent++;
      bytesBefore = socket.bytesRead;
      clearTimeout(connectTimer);
      if (this.isSettled) return;
      this.responseTimer = setTimeout(expire, timeouts.responseMs);
      if (this.hasBody) this.delivery.sendBody(upstream);
    };
    const lost = (err: Error) => {
      clearTimeout(connectTimer);
      if (this.isSettled || this.upstream !== upstream) return;
      const { route, requestId } = this.delivery;
      this.deps.failureLog.add({ routeId: route.id, target: target.key, requestId, err });
      if (!isSlow || !isConnected) this.deps.balancer.suspect(target);
      const isSilent = (upstream.socket?.bytesRead ?? bytesBefore) === bytesBefore;
      const mayRepeat = isConnected ? this.isRepeatable && isSilent && !isSlow && this.sent < MAX_SENT : true;
      if (mayRepeat && this.attempts < MAX_ATTEMPTS) this.retry(target);
      else this.fail({ kind: isSlow ? "upstream_slow" : "upstream_dead" });
    };
    upstream.on("socket", (socket) => {
      // A unix socket that nobody listens on fails before this event, which then brings a socket that was never connected.
      if (socket.destroyed) return;
      if (socket.connecting) socket.once("connect", () => connected(socket));
      else connected(socket);
    });
    upstream.on("error", lost);
    upstream.on("close", () => lost(new Error("closed without an answer")));
  }

  private watchAnswer(upstream: ClientRequest, target: Target): void {
    upstream.on("continue", () => this.isSettled || this.delivery.continued());
    upstream.on("response", (response) => {
      if (this.isSettled) {
        response.destroy();
        return;
      }
      this.settle();
      this.deps.balancer.trust(target);
      this.delivery.response(response);
    });
    upstream.on("upgrade", (response, socket, first) => {
      if (this.isSettled || !this.delivery.head.isWebSocket || !(socket instanceof Socket)) {
        socket.destroy(); // nobody waits for it, or nobody asked for another protocol
        this.fail({ kind: "upstream_dead" });
        return;
      }
      this.settle();
      this.delivery.upgraded(response, socket, first);
    });
  }

  private retry(failed: Target): void {
    this.clearTimers();
    this.release();
    const { head, requestId } = this.delivery;
    // The table may have lost the dead target by now, or the whole route.
    const decision = this.deps.rules.decide(head, requestId);
    const targets = decision.kind === "forward" ? decision.route.ready : [];
    if (targets.length === 0) {
      this.fail({ kind: "upstream_dead" });
      return;
    }
    this.deps.upstreams.dropIdle(failed, 0); // its other idle connections are as dead as this one
    this.deps.events.retried();
    this.attempt(targets);
  }

  private fail(failure: Failure): void {
    if (this.isSettled) return;
    this.settle();
    this.release();
    this.deps.events.failed(failure.kind);
    this.delivery.failed(failure);
  }

  private settle(): void {
    this.isSettled = true;
    this.clearTimers();
  }

  private clearTimers(): void {
    if (this.responseTimer !== null) clearTimeout(this.responseTimer);
    this.responseTimer = null;
  }
}
