import { BodyScanner } from "../http1/body-scanner.ts";
import { INCOMPLETE } from "../http1/field-list.ts";
import type { Exchange } from "./exchange.ts";
import { Flow } from "./flow.ts";
import { MAX_ANSWER_HEAD_BYTES, PROBE_AFTER_MS } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { PlaneContext } from "./plane-context.ts";
import type { Upstream } from "./upstream.ts";
import type { WireSocket } from "./wire-socket.ts";

/** Interim responses before the real one; more is a fault or an attack. */
const MAX_INTERIM = 64;

/** `given up`: nobody wants it any more, but there is no way to stop what the kernel has begun, so it keeps its place. */
type Phase = "connecting" | "given up" | "idle" | "head" | "body" | "tunnel" | "closed";

/** One connection to a target: serves one exchange after another, or becomes a tunnel and ends with it. */
export class UpstreamConnection {
  /** By the monotonic clock; of idle ones. */
  idleSince = 0;
  /** A byte of the answer to the present request arrived. */
  hasAnswered = false;
  private socket: WireSocket | null = null;
  private phase: Phase = "connecting";
  private exchange: Exchange | null = null;
  private held: Buffer | null = null;
  private interimCount = 0;
  private interimBytes = 0;
  private flow: Flow | null = null;
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
    const options = { data: this as UpstreamConnection, socket: HANDLERS };
    // A unix socket that nobody listens on fails before this call returns, TCP later, and what can't be an address throws.
    Promise.try(() =>
      address.kind === "unix"
        ? Bun.connect({ unix: address.path, ...options })
        : Bun.connect({ hostname: address.host, port: address.port, ...options }),
    ).catch((err: Error) => this.failed(err));
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

  /** False: not all was taken; `dispatch.drained` follows. */
  write(bytes: Buffer, from: number, to: number, isScratch: boolean): boolean {
    if (this.socket === null) return true;
    return this.outbox.write(this.socket, bytes, from, to, isScratch);
  }

  pause(): void {
    this.flow?.pause();
  }

  resume(): void {
    this.flow?.resume();
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
    this.phase = "idle";
    this.held = null;
    this.upstream.release(this, this.context.time);
  }

  becomeTunnel(): void {
    this.phase = "tunnel";
    this.upstream.removed(this);
  }

  /** Has the kernel ask now and then whether the target is still there, of what may be silent for as long as it likes. */
  probe(): void {
    this.socket?.setKeepAlive(true, PROBE_AFTER_MS);
  }

  /** Everything that was given to `write` still goes out. */
  end(): void {
    if (this.outbox.isEmpty) this.socket?.end();
    else this.isEnding = true;
  }

  /** Breaks the connection off: the target sees at once that nobody listens any more. */
  close(): void {
    this.exchange = null;
    if (this.phase === "connecting") {
      this.phase = "given up";
      return;
    }
    this.socket?.terminate();
    this.gone();
  }

  opened(socket: WireSocket): void {
    this.socket = socket;
    this.flow = new Flow(socket);
    this.context.time = this.context.now();
    if (this.exchange === null) this.close();
    else this.assign(this.exchange);
  }

  failed(err: Error): void {
    if (this.phase !== "connecting" && this.phase !== "given up") return;
    const { exchange } = this;
    this.exchange = null;
    this.gone();
    exchange?.dispatch.connectFailed(this, err);
  }

  received(chunk: Buffer): void {
    const { exchange } = this;
    this.flow?.took(chunk.length);
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
    if (phase === "connecting" || phase === "given up") {
      this.failed(err ?? new Error("closed while connecting"));
      return;
    }
    this.exchange = null;
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
    this.flow?.end();
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
        if (this.held.length > MAX_ANSWER_HEAD_BYTES) exchange.dispatch.broke("The head of its answer is too large.");
        return;
      }
      if (end < 0 || end - at > MAX_ANSWER_HEAD_BYTES) {
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
      if (++this.interimCount > MAX_INTERIM || this.interimBytes > MAX_ANSWER_HEAD_BYTES) {
        exchange.dispatch.broke("It sent too many interim answers.");
        return;
      }
      exchange.relay.passInterim();
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
