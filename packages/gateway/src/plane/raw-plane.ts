import type { DataPlane, StopOptions } from "../proxy.ts";
import type { CertificateStore } from "../tls/certificate-store.ts";
import type { TlsListener } from "../tls/listen-tls.ts";
import { ClientConnection } from "./client-connection.ts";
import { ClientCounts } from "./client-counts.ts";
import { withoutMapping } from "./forwarded.ts";
import type { LiveRoutes } from "./live-routes.ts";
import type { PlaneContext } from "./plane-context.ts";
import { ProxyPreface } from "./proxy-preface.ts";
import type { WireSocket } from "./wire-socket.ts";

/** How often timeouts are looked at; more often only where tests make them short. */
const SWEEP_MS = 1_000;

export type RawPlaneOptions = {
  /** Absent: every address, IPv6 and IPv4. */
  host: string | undefined;
  port: number;
  reusePort: boolean;
  /** Trusted proxies begin each connection with the client's address, in the PROXY protocol. */
  expectsProxyProtocol: boolean;
  /** Null: no TLS. */
  tls: { port: number; certificates: CertificateStore } | null;
};

/** What hangs on a client's socket: its connection, or the preface that comes before it can be made. */
type SocketUser = ClientConnection | ProxyPreface;
type UserSocket = WireSocket & { data: SocketUser | undefined };

/**
 * The data plane: bytes from sockets to sockets, with nothing of an HTTP library in between. Measured against all other ways
 * to do it in Bun (`references/gateway.md`): the only one that is as fast as nginx, and the most exact of them.
 *
 * Half-closed clients are taken for gone, as nginx takes them: a FIN is the only sign there is of a closed browser tab.
 */
export class RawPlane implements DataPlane {
  private listener: Bun.TCPSocketListener<SocketUser | undefined> | null = null;
  private tlsListener: TlsListener | null = null;
  private readonly connections = new Set<SocketUser>();
  private readonly counts: ClientCounts;
  private sweeper: ReturnType<typeof setTimeout> | null = null;
  /** A handshake that was under way may still come to its end. */
  private isOver = false;
  private whenEmpty: (() => void) | null = null;

  constructor(
    private readonly options: RawPlaneOptions,
    private readonly context: PlaneContext,
    private readonly routes: LiveRoutes,
  ) {
    this.counts = new ClientCounts(context.limits.connectionsPerClient);
  }

  get isListening(): boolean {
    return this.listener !== null;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  async listen(): Promise<{ port: number; tlsPort: number | null }> {
    const { host, port, reusePort, tls } = this.options;
    const where = { hostname: host ?? "::", port, reusePort };
    try {
      this.listener = Bun.listen<SocketUser | undefined>({ ...where, data: undefined, socket: this.handlers(false) });
    } catch (err) {
      throw cannotListen(port, err);
    }
    if (tls === null) return { port: this.listener.port, tlsPort: null };
    try {
      const { listenTls } = await import("../tls/listen-tls.ts");
      const handlers = this.handlers(true);
      this.tlsListener = listenTls({ ...where, port: tls.port, store: tls.certificates, handlers });
    } catch (err) {
      await this.stop({ graceMs: 0, hasSuccessor: false });
      throw cannotListen(tls.port, err);
    }
    return { port: this.listener.port, tlsPort: this.tlsListener.port };
  }

  private accept(socket: UserSocket, isTls: boolean): void {
    // A client that is gone by now has no address any more, whatever its type says.
    if (this.isOver || socket.remoteAddress === undefined) {
      socket.terminate();
      return;
    }
    const peer = withoutMapping(socket.remoteAddress);
    const isTrusted = this.context.isTrustedProxy(peer);
    if (isTrusted && this.options.expectsProxyProtocol && !isTls) {
      const start = (address: string) => this.start(socket, address, isTls, false);
      socket.data = new ProxyPreface(socket, this.context, this, peer, start);
      this.connections.add(socket.data);
    } else this.start(socket, peer, isTls, isTrusted);
    this.sweepLater();
  }

  /** Everything was said: a stop does not wait for its socket to close. */
  ended(user: SocketUser): void {
    if (this.connections.delete(user) && this.connections.size === 0) this.whenEmpty?.();
  }

  /** Once for each. `countedAs`: the address whose connection it was, null when it was not counted. */
  closed(user: SocketUser, countedAs: string | null): void {
    if (countedAs !== null) this.counts.remove(countedAs);
    this.ended(user);
  }

  retain(keys: ReadonlySet<string>): void {
    this.routes.retain(keys);
  }

  async stop({ graceMs, hasSuccessor }: StopOptions): Promise<void> {
    this.context.isDraining = true;
    this.listener?.stop(false);
    this.listener = null;
    this.tlsListener?.stop();
    this.tlsListener = null;
    this.context.endsIdle = !hasSuccessor;
    if (!hasSuccessor) for (const connection of this.connections) if (connection.isIdle) connection.end();
    if (this.connections.size > 0) await this.untilEmpty(graceMs);
    this.isOver = true;
    for (const connection of this.connections) connection.interrupt();
    this.connections.clear();
    if (this.sweeper !== null) clearTimeout(this.sweeper);
    this.sweeper = null;
    this.routes.closeAll();
  }

  private handlers(isTls: boolean): Bun.SocketHandler<SocketUser | undefined> {
    return {
      open: (socket) => this.accept(socket, isTls),
      data: (socket, chunk) => socket.data?.received(chunk),
      drain: (socket) => socket.data?.drained(),
      end: (socket) => socket.data?.closed(true),
      close: (socket, err) => socket.data?.closed(err === undefined || err === null),
      // A mistake of ours, thrown by one of these: it costs this connection, and nobody else's.
      error: (socket, err) => {
        this.context.observer.caught(err);
        socket.terminate();
        socket.data?.closed(false);
      },
    };
  }

  /** Null when the client has as many connections as it may. A trusted proxy speaks for many and is not counted. */
  private start(socket: UserSocket, address: string, isTls: boolean, isTrusted: boolean): ClientConnection | null {
    const before = socket.data;
    if (before !== undefined) this.connections.delete(before);
    if (!isTrusted && !this.counts.add(address)) {
      socket.data = undefined;
      socket.terminate();
      return null;
    }
    const connection = new ClientConnection(socket, this.context, this, { address, isTls, isTrustedProxy: isTrusted });
    this.connections.add(connection);
    socket.data = connection;
    return connection;
  }

  private async untilEmpty(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    this.whenEmpty = resolve;
    await promise;
    clearTimeout(timer);
  }

  /** Runs only while there is something to look at: a gateway at rest does nothing. */
  private sweepLater(): void {
    if (this.sweeper !== null) return;
    this.sweeper = setTimeout(() => {
      this.sweeper = null;
      this.sweep();
      if (this.connections.size > 0 || this.routes.hasIdle) this.sweepLater();
    }, this.sweepMs);
    this.sweeper.unref();
  }

  private sweep(): void {
    const now = this.context.now();
    this.context.time = now;
    for (const connection of this.connections) {
      if (connection.deadline > now && connection.recheckAt > now) continue;
      try {
        if (connection.deadline <= now) connection.expire();
        else connection.recheck();
      } catch (err) {
        this.context.observer.caught(err);
        connection.cut();
      }
    }
    this.routes.closeIdle(now);
  }

  private get sweepMs(): number {
    const { headMs, connectMs, responseMs, bodyIdleMs, keepAliveMs } = this.context.timeouts;
    return Math.max(20, Math.min(SWEEP_MS, Math.min(headMs, connectMs, responseMs, bodyIdleMs, keepAliveMs) / 4));
  }
}

/** Bun's own message leaves out both what and why. */
function cannotListen(port: number, cause: unknown): Error {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  return new Error(`Cannot listen on port ${port}: ${code}`, { cause });
}
