import { BodyScanner } from "../http1/body-scanner.ts";
import { INCOMPLETE } from "../http1/field-list.ts";
import type { Exchange } from "./exchange.ts";
import { Outbox } from "./outbox.ts";
import type { PlaneContext } from "./plane-context.ts";
import type { Upstream } from "./upstream.ts";
import type { WireSocket } from "./wire-socket.ts";

const MAX_HEAD_BYTES = 64 * 1024;
/** Interim responses before the real one, together at most one head long; more is a fault or an attack. */
const MAX_INTERIM = 64;
const KEEP_ALIVE_MS = 60_000;

type Phase = "connecting" | "idle" | "head" | "body" | "tunnel" | "closed";

/** One connection to a target: serves one exchange after another, or becomes a tunnel and ends with it. */
export class UpstreamConnection {
  /** By the monotonic clock; of idle ones. */
  idleSince = 0;
  /** It served a request before this one, so the target may have closed it meanwhile. */
  isReused = false;
  /** A byte of the answer to the present request arrived. */
  hasAnswered = false;
  private socket: WireSocket | null = null;
  private phase: Phase = "connecting";
  private exchange: Exchange | null = null;
  private held: Buffer | null = null;
  private interimCount = 0;
  private interimBytes = 0;
  private isPaused = false;
  private isEnding = false;
  private readonly outbox = new Outbox();
  private readonly scanner = new BodyScanner();

  constructor(
    readonly upstream: Upstream,
    private readonly context: PlaneContext,
  ) {}

  connect(exchange: Exchange): void {
    this.exchange = exchange;
    exchange.dispatch.waitsFor(this);
    const { address } = this.upstream.target;
    // A unix socket that nobody listens on fails before this call returns, TCP later; either way `failed` is told once.
    const opening =
      address.kind === "unix"
        ? Bun.connect({ unix: address.path, data: this as UpstreamConnection, socket: HANDLERS })
        : Bun.connect({
            hostname: address.host,
            port: address.port,
            data: this as UpstreamConnection,
            socket: HANDLERS,
          });
    opening.catch((err: Error) => this.failed(err));
  }

  /** Gives the connection to an exchange, which sends its request at once. */
  assign(exchange: Exchange): void {
    this.exchange = exchange;
    this.hasAnswered = false;
    this.interimCount = 0;
    this.interimBytes = 0;
    this.phase = "head";
    exchange.dispatch.connected(this);
  }

  /** False: not all was taken; `exchange.upstreamDrained` follows. */
  write(bytes: Buffer, from: number, to: number, isScratch: boolean): boolean {
    if (this.socket === null) return true;
    return this.outbox.write(this.socket, bytes, from, to, isScratch);
  }

  pause(): void {
    if (this.isPaused || this.socket === null) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused || this.socket === null) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** The response is complete: back to the others, or away when something is left over or the upstream wants it so. */
  finish(isReusable: boolean): void {
    this.exchange = null;
    this.resume();
    if (this.phase === "closed") return;
    if (!isReusable || !this.outbox.isEmpty) {
      this.close();
      return;
    }
    this.isReused = true;
    this.phase = "idle";
    this.held = null;
    this.upstream.release(this, this.context.time);
  }

  becomeTunnel(): void {
    this.phase = "tunnel";
    this.socket?.setKeepAlive(true, KEEP_ALIVE_MS); // a peer that vanished without a word is noticed
    this.upstream.removed(this);
  }

  /** Everything that was given to `write` still goes out. */
  end(): void {
    if (this.outbox.isEmpty) this.socket?.end();
    else this.isEnding = true;
  }

  /** Breaks the connection off: the target sees at once that nobody listens any more. */
  close(): void {
    this.exchange = null;
    this.socket?.terminate();
    this.gone();
  }

  opened(socket: WireSocket): void {
    this.socket = socket;
    if (this.phase === "closed") {
      socket.terminate();
      return;
    }
    if (this.exchange === null) {
      this.phase = "idle";
      this.upstream.release(this, this.context.now());
    } else this.assign(this.exchange);
  }

  failed(err: Error): void {
    if (this.phase !== "connecting") return;
    const { exchange } = this;
    this.exchange = null;
    this.gone();
    exchange?.dispatch.connectFailed(this, err);
  }

  received(chunk: Buffer): void {
    const { exchange } = this;
    if (exchange === null) {
      this.close(); // nobody asked for anything
      return;
    }
    this.hasAnswered = true;
    if (this.phase === "body") exchange.relay.passBody(this, chunk, this.scanner.scan(chunk, 0, chunk.length));
    else if (this.phase === "tunnel") exchange.relay.fromUpstream(chunk);
    else this.readHead(exchange, this.held === null ? chunk : Buffer.concat([this.held, chunk]));
  }

  drained(): void {
    if (this.socket === null || !this.outbox.flush(this.socket)) return;
    if (this.isEnding) this.socket.end();
    else this.exchange?.dispatch.drained();
  }

  closed(err: Error | null): void {
    const { exchange, phase } = this;
    this.exchange = null;
    if (phase === "connecting") {
      this.failed(err ?? new Error("closed while connecting"));
      return;
    }
    this.gone();
    exchange?.dispatch.closed(this, err);
  }

  threw(err: unknown): void {
    this.context.observer.caught(err);
    this.closed(err instanceof Error ? err : new Error(String(err)));
  }

  private gone(): void {
    if (this.phase === "closed") return;
    const isCounted = this.phase !== "tunnel";
    this.phase = "closed";
    this.held = null;
    this.outbox.clear();
    if (isCounted) this.upstream.removed(this);
  }

  private readHead(exchange: Exchange, bytes: Buffer): void {
    const head = this.context.responseHead;
    let at = 0;
    for (;;) {
      const end = head.read(bytes, at, bytes.length, exchange.isHead);
      if (end === INCOMPLETE) {
        this.held = at === 0 ? bytes : bytes.subarray(at);
        if (this.held.length > MAX_HEAD_BYTES) exchange.dispatch.broke("The head of its answer is too large.");
        return;
      }
      if (end < 0 || end - at > MAX_HEAD_BYTES) {
        exchange.dispatch.broke("Its answer is not valid HTTP/1.1, or its head is too large.");
        return;
      }
      if (!head.isInterim) {
        this.held = null;
        this.phase = "body";
        exchange.relay.respond(this, this.scanner, bytes);
        return;
      }
      if (head.status === 101) {
        this.held = null;
        exchange.relay.switchProtocols(this, bytes);
        return;
      }
      this.interimBytes += end - at; // the client takes them as slowly as it likes, and they wait here meanwhile
      if (++this.interimCount > MAX_INTERIM || this.interimBytes > MAX_HEAD_BYTES) {
        exchange.dispatch.broke("It sent too many interim answers.");
        return;
      }
      exchange.relay.passInterim(bytes);
      at = end;
      if (at === bytes.length) {
        this.held = null;
        return;
      }
    }
  }
}

const HANDLERS: Bun.SocketHandler<UpstreamConnection> = {
  open: (socket) => socket.data.opened(socket),
  data: (socket, chunk) => socket.data.received(chunk),
  drain: (socket) => socket.data.drained(),
  close: (socket, err) => socket.data.closed(err ?? null),
  // A mistake of ours, thrown by one of these: the connection is of no use any more, and the process goes on.
  error: (socket, err) => {
    socket.data.threw(err);
    socket.terminate();
  },
  connectError: (socket, err) => socket.data.failed(err),
};
