import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { invariant } from "@homeport/kit/errors.ts";
import type { Balancer } from "./balancer.ts";
import type { DispatchDeps, Timeouts } from "./dispatch.ts";
import { exchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";
import { FailureLog } from "./failure-log.ts";
import { proxyLog } from "./log.ts";
import type { DataPlane, ProxyEvents, ProxyRules } from "./proxy.ts";
import { type HeadInput, type HeadReading, readHead } from "./request-head.ts";
import { sendRawReply, sendReply } from "./send-reply.ts";
import { tunnel } from "./tunnel.ts";
import { Upstreams } from "./upstreams.ts";

const MAX_HEAD_BYTES = 32 * 1024;
const CLIENT_KEEP_ALIVE_MS = 75_000;

export type HttpProxyOptions = {
  /** Absent: every address, IPv6 and IPv4. */
  host: string | undefined;
  port: number;
  timeouts: Timeouts;
  rules: ProxyRules;
  events: ProxyEvents;
  balancer: Balancer;
  now: () => number;
};

/**
 * The data plane on node:http at both ends. Tried on Bun 1.4.5 against Bun.serve and fetch, with raw sockets at either end:
 * - Bun.serve never gives out a socket, so WebSockets could only be copied message by message; here `upgrade` does (16 MB
 *   messages, 200 MB to a reader that stands still: no growth), and `rawHeaders` keep two Hosts apart that Bun.serve joins.
 * - Bun.serve answers pipelined requests with nothing, rewrites paths and reason phrases, drops bodies of GET and trailers.
 * - fetch carries 256 requests at a time and keeps 64 connections; 1,000 event streams at once arrive here.
 * - An upstream that dies mid-body is an event here (`close` before `complete`), so the client is cut off, not left waiting.
 * The price is CPU: 45-70 µs per small request against fetch's 24 at 64 connections (50 at 256, where its pool ends), 10 of
 * them for what is done here besides node:http's own work. The byte-level data plane is there to win that back.
 */
export class HttpProxy implements DataPlane {
  private readonly server: http.Server;
  private readonly upstreams: Upstreams;
  private readonly deps: DispatchDeps;
  private readonly tunnels = new Set<Socket>();
  /** Responses under way per connection: an error page written between their bytes would become part of them. */
  private readonly running = new WeakMap<Duplex, number>();
  private isStopping = false;

  constructor(private readonly options: HttpProxyOptions) {
    const { rules, events, balancer, timeouts } = options;
    this.upstreams = new Upstreams(options.now);
    const failureLog = new FailureLog(options.now);
    this.deps = { upstreams: this.upstreams, balancer, rules, events, timeouts, failureLog };
    this.server = http.createServer({
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: timeouts.headMs,
      requestTimeout: 0, // an upload may take hours
      keepAliveTimeout: CLIENT_KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(1_000, timeouts.headMs),
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      noDelay: true,
      // h2c (curl --http2, Java's client) and other protocols are answered as plain requests, body and all.
      shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === "websocket",
    });
    this.server.timeout = 0;
    this.server.on("request", (request, response) => this.answer(request, response));
    this.server.on("checkContinue", (request, response) => this.answer(request, response));
    this.server.on("upgrade", (request, socket, early) => this.upgrade(request, socket, early));
    this.server.on("connect", (_request, socket) =>
      this.refuse(socket, { kind: "malformed", detail: "No CONNECT here." }),
    );
    this.server.on("clientError", (err, socket) => this.refuse(socket, failureOf(err)));
  }

  get isListening(): boolean {
    return this.server.listening;
  }

  async listen(): Promise<{ host: string; port: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.server.once("error", reject);
    this.server.listen(
      { port: this.options.port, ...(this.options.host === undefined ? {} : { host: this.options.host }) },
      resolve,
    );
    await promise;
    this.server.off("error", reject);
    this.server.on("error", (err) => proxyLog.error({ err }, "listener"));
    const address = this.server.address();
    invariant(address !== null && typeof address === "object", "a TCP listener has an address");
    return { host: address.address, port: address.port };
  }

  retain(keys: ReadonlySet<string>): void {
    this.upstreams.retain(keys);
  }

  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.server.close(() => resolve());
    this.server.closeIdleConnections();
    const deadline = setTimeout(() => {
      this.server.closeAllConnections();
      for (const socket of this.tunnels) socket.destroy();
    }, graceMs);
    await promise;
    await Promise.all([...this.tunnels].map((socket) => new Promise((closed) => socket.once("close", closed))));
    clearTimeout(deadline);
    this.upstreams.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const requestId = Bun.randomUUIDv7();
    this.track(request.socket, response);
    if (this.isStopping) response.shouldKeepAlive = false;
    const reading = readPlainHead(request);
    if (reading.kind === "malformed") {
      const failure = { kind: "malformed", detail: reading.detail } as const;
      response.shouldKeepAlive = false; // where one request ends is in doubt, so is where the next begins
      this.deps.events.failed(failure.kind);
      this.count(response, null);
      sendReply(request, response, this.deps.rules.refuse(failure, reading.accept, requestId), requestId);
      return;
    }
    const decision = this.deps.rules.decide(reading.head, requestId);
    if (decision.kind === "answer") {
      this.count(response, decision.owner);
      sendReply(request, response, decision.reply, requestId);
    } else {
      exchange(this.deps, { request, response, head: reading.head, requestId, route: decision.route });
    }
  }

  private upgrade(request: IncomingMessage, socket: Duplex, early: Buffer): void {
    const requestId = Bun.randomUUIDv7();
    // Behind a request that is still being answered, "101" would land in the middle of that answer.
    if (!(socket instanceof Socket) || (this.running.get(socket) ?? 0) > 0) return void socket.destroy();
    socket.on("error", () => undefined);
    this.tunnels.add(socket);
    socket.on("close", () => this.tunnels.delete(socket));
    const reading = readHead(headInput(request));
    if (reading.kind === "malformed" || !reading.head.isWebSocket) {
      const detail = reading.kind === "malformed" ? reading.detail : "This is not a WebSocket handshake.";
      this.refuse(socket, { kind: "malformed", detail });
      return;
    }
    const decision = this.deps.rules.decide(reading.head, requestId);
    if (decision.kind === "answer") sendRawReply(socket, decision.reply, requestId);
    else tunnel(this.deps, { socket, early, head: reading.head, requestId, route: decision.route });
  }

  private refuse(socket: Duplex, failure: Failure): void {
    if (!(socket instanceof Socket) || socket.destroyed || (this.running.get(socket) ?? 0) > 0)
      return void socket.destroy();
    const requestId = Bun.randomUUIDv7();
    const reply = this.deps.rules.refuse(failure, null, requestId);
    this.deps.events.failed(failure.kind);
    sendRawReply(socket, reply, requestId);
  }

  private track(socket: Socket, response: ServerResponse): void {
    this.running.set(socket, (this.running.get(socket) ?? 0) + 1);
    response.on("close", () => {
      this.running.set(socket, (this.running.get(socket) ?? 1) - 1);
      if (this.isStopping) this.server.closeIdleConnections();
    });
  }

  private count(response: ServerResponse, owner: string | null): void {
    this.deps.events.started();
    response.on("error", () => undefined);
    response.on("close", () =>
      this.deps.events.finished(owner, response.writableFinished ? response.statusCode : "aborted"),
    );
  }
}

/** Node gives out no `upgrade` for a handshake behind a request that is still being answered: it arrives as a plain request. */
function readPlainHead(request: IncomingMessage): HeadReading {
  const reading = readHead(headInput(request));
  if (reading.kind === "malformed" || !reading.head.isWebSocket) return reading;
  const detail = "A WebSocket starts on a connection that is not busy.";
  return { kind: "malformed", detail, accept: reading.head.accept };
}

function headInput(request: IncomingMessage): HeadInput {
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    httpVersion: request.httpVersion,
    rawHeaders: request.rawHeaders,
    clientAddress: request.socket.remoteAddress ?? "unknown",
  };
}

function failureOf(err: Error): Failure {
  const code = "code" in err ? err.code : undefined;
  if (code === "HPE_HEADER_OVERFLOW") return { kind: "head_too_large" };
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { kind: "client_slow" };
  return { kind: "malformed", detail: "This is not a valid HTTP/1.1 request." };
}
