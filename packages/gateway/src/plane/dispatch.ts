import type { Failure } from "../failure.ts";
import type { Route } from "../table.ts";
import { chooseUpstream } from "./choose-upstream.ts";
import type { Exchange } from "./exchange.ts";
import type { LiveRoute } from "./live-routes.ts";
import { stickyUpstream } from "./sticky-upstream.ts";
import type { Upstream } from "./upstream.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import { type Amendments, writeUpstreamHead } from "./upstream-head.ts";

/** A request that may have reached a target is sent at most twice; one that found no connection looks at a few more. */
const MAX_SENT = 2;
const MAX_ATTEMPTS = 5;

/**
 * Picks a target, sends, and tries elsewhere when that can't make anything happen twice: as long as nothing was sent (no
 * connection), or once more when the request is idempotent, has no body, and not one byte came back.
 */
export class Dispatch {
  upstream: Upstream | null = null;
  /** The one that is being made, or that carries the request. */
  connection: UpstreamConnection | null = null;
  amendments: Amendments | null = null;
  private route: Route | null = null;
  private isSent = false;
  private isBlamed = false;
  private attempts = 0;
  private sentCount = 0;
  private tried: Upstream[] | null = null;

  constructor(private readonly exchange: Exchange) {}

  /** Sends the request to one of the route's targets. */
  attempt(live: LiveRoute): void {
    const { exchange } = this;
    const { context, client } = exchange;
    const now = context.time;
    this.route = live.route;
    const isSticky = exchange.meaning?.policy?.rules.sticky === true;
    const upstream = isSticky
      ? stickyUpstream(exchange, live, now, this.tried)
      : chooseUpstream(live.upstreams, now, this.tried);
    if (upstream === null) {
      live.counts.unserved++;
      exchange.fail({ kind: "no_upstream" });
      return;
    }
    this.attempts++;
    this.isSent = false;
    this.upstream = upstream;
    upstream.outstanding++;
    this.isBlamed = this.tried?.includes(upstream) === true; // once for each request, however often it is tried there
    if (!this.isBlamed) upstream.counts.requests++;
    client.waitAtMost(exchange.meaning?.policy?.rules.connectTimeoutMs ?? context.timeouts.connectMs);
    if (!upstream.acquire(exchange, exchange.isRepeatable, now)) this.giveUp({ kind: "overloaded" });
  }

  /** Passes on a part of the body; false when there is nowhere to send it yet. */
  sendBody(chunk: Buffer, to: number): boolean {
    if (!this.isSent || this.connection === null) return false;
    const { client, relay } = this.exchange;
    if (relay.hasBegun) relay.allowTime();
    else client.waitAtMost(this.responseMs);
    if (!this.connection.write(chunk, 0, to, false)) client.pause();
    return true;
  }

  // What the connection tells: `waitsFor`, then `connected` or `connectFailed`, then the relay's part, and its end.

  waitsFor(connection: UpstreamConnection): void {
    this.connection = connection;
  }

  connected(connection: UpstreamConnection): void {
    const { exchange } = this;
    const { client, context } = exchange;
    const { writer } = context;
    this.connection = connection;
    this.isSent = true;
    this.sentCount++;
    const head = exchange.head();
    writeUpstreamHead(writer, head, client.known.forwardedLines(exchange.facts), this.amendments);
    exchange.writeRequestId();
    writer.endLine();
    client.waitAtMost(this.responseMs);
    const { raw, bodyStart, bodyEnd, early } = exchange;
    const isInOne = writer.tryBody(raw, bodyStart, bodyEnd);
    let isTaken = connection.write(writer.bytes, 0, writer.length, true);
    if (!isInOne) isTaken = connection.write(raw, bodyStart, bodyEnd, false) && isTaken;
    if (early !== null) isTaken = connection.write(early, 0, early.length, false) && isTaken;
    exchange.early = null;
    if (isTaken || exchange.isReceived) client.resume();
    else client.pause();
  }

  connectFailed(connection: UpstreamConnection, err: Error): void {
    if (this.connection !== connection) return;
    this.connection = null;
    this.lost(err, true);
  }

  closed(connection: UpstreamConnection, err: Error | null): void {
    if (this.connection !== connection) return;
    this.connection = null;
    if (this.exchange.relay.hasBegun) this.exchange.relay.upstreamEnded(err);
    else this.lost(err ?? new Error("closed without an answer"), this.mayRepeat && !connection.hasAnswered);
  }

  /** What the target answers is not HTTP, or not any more. */
  broke(reason: string): void {
    this.logFailure(new Error(reason));
    this.giveUp({ kind: "upstream_dead" });
  }

  drained(): void {
    const { client, relay } = this.exchange;
    client.resume();
    if (relay.hasBegun) relay.allowTime();
  }

  expire(): void {
    const { exchange, isSent } = this;
    const isClientSlow = isSent && !exchange.isReceived && !exchange.client.isPaused;
    if (isClientSlow) {
      exchange.fail({ kind: "client_slow" });
      return;
    }
    this.logFailure(new Error(isSent ? "no answer in time" : "no connection in time"));
    const hadConnection = this.connection !== null;
    this.letGo();
    if (!isSent && hadConnection) this.upstream?.eject(exchange.context.now());
    this.blame();
    if (!isSent && hadConnection && this.attempts < MAX_ATTEMPTS && this.hasOther()) this.retry();
    else this.giveUp({ kind: "upstream_slow" });
  }

  /** The target did not do what it was asked: an error of its, one for a request. */
  blame(): void {
    if (this.upstream === null || this.isBlamed) return;
    this.isBlamed = true;
    this.upstream.counts.errors++;
  }

  /** And the client notices. */
  countFailed(): void {
    this.blame();
    this.countCut();
  }

  /** The client is left without a whole answer, whoever's doing it is. */
  countCut(): void {
    if (this.upstream !== null) this.upstream.counts.failed++;
  }

  /** Cuts what is under way. */
  letGo(): void {
    const { connection } = this;
    this.connection = null;
    if (connection === null) this.upstream?.forget(this.exchange);
    else connection.close();
  }

  /** The client ended a tunnel: what it sent still goes out. */
  endTunnel(): void {
    this.connection?.end();
    this.connection = null;
  }

  /** The relay is done with the connection and has given it back. */
  given(): void {
    this.connection = null;
  }

  reset(): void {
    if (this.upstream !== null) this.upstream.outstanding--;
    this.upstream = null;
    this.connection = null;
    this.amendments = null;
    this.route = null;
    this.isSent = false;
    this.isBlamed = false;
    this.attempts = 0;
    this.sentCount = 0;
    this.tried = null;
  }

  private lost(err: Error, mayRepeat: boolean): void {
    this.logFailure(err);
    this.upstream?.eject(this.exchange.context.now());
    this.blame();
    if (mayRepeat && this.attempts < MAX_ATTEMPTS) this.retry();
    else this.giveUp({ kind: "upstream_dead" });
  }

  private giveUp(failure: Failure): void {
    this.countFailed();
    this.exchange.fail(failure);
  }

  private retry(): void {
    const { exchange } = this;
    const { context } = exchange;
    const failed = this.upstream;
    failed?.closeIdle(context.now(), 0); // its other idle connections are as dead as this one
    // The table may have lost the dead target by now, or the whole route.
    const meaning = context.rules.meaningOf(exchange.host());
    const decision = meaning === null ? null : context.rules.decide(exchange.head(), meaning, exchange);
    if (decision === null || decision.kind === "answer") {
      this.giveUp({ kind: "upstream_dead" });
      return;
    }
    if (failed !== null) {
      failed.outstanding--;
      this.tried = [...(this.tried ?? []), failed];
      this.upstream = null;
    }
    context.observer.retried();
    this.attempt(context.routes.of(decision));
  }

  /** Whether the route has a target that was not tried yet. */
  private hasOther(): boolean {
    const failed = [this.upstream, ...(this.tried ?? [])].map((upstream) => upstream?.target.key);
    return this.route?.ready.some(({ key }) => !failed.includes(key)) === true;
  }

  private get mayRepeat(): boolean {
    return this.exchange.isRepeatable && this.sentCount < MAX_SENT;
  }

  private get responseMs(): number {
    const { meaning, context } = this.exchange;
    return meaning?.policy?.rules.responseTimeoutMs ?? context.timeouts.responseMs;
  }

  private logFailure(err: Error): void {
    const { upstream, route, exchange } = this;
    if (upstream === null || route === null) return;
    const requestId = exchange.requestId();
    exchange.context.failureLog.add({ routeId: route.id, target: upstream.target.key, requestId, err });
  }
}
