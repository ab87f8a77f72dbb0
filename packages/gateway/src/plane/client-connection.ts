import type { Failure } from "../failure.ts";
import { INCOMPLETE, TOO_MANY_FIELDS, UNSUPPORTED_CODING, UNSUPPORTED_VERSION } from "../http1/field-list.ts";
import { Exchange } from "./exchange.ts";
import { Flow } from "./flow.ts";
import { KnownClient, type Peer } from "./known-client.ts";
import { MAX_HEAD_BYTES, MAX_HELD_BYTES, MAX_LINGER_BYTES, PROBE_AFTER_MS } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { PlaneContext } from "./plane-context.ts";
import { recheckRequest } from "./recheck-request.ts";
import type { WireSocket } from "./wire-socket.ts";

/** How long a client may go on sending what nobody reads before its connection is closed. */
const LINGER_MS = 1_000;

/**
 * - `head`: between requests, or in the middle of a head
 * - `exchange`: a request is under way
 * - `flushing`: its answer is on its way out, and nothing else is begun before that
 * - `lingering`: all is said, and what still comes is thrown away, since closing at once would take the answer with it
 */
type Phase = "head" | "exchange" | "flushing" | "tunnel" | "lingering" | "closed";

export type ConnectionOwner = {
  ended(connection: ClientConnection): void;
  closed(connection: ClientConnection, countedAs: string | null): void;
};

/** One connection of a client: finds requests in its bytes, one at a time, and writes their answers in order. */
export class ClientConnection {
  /** Monotonic milliseconds: what is awaited has to come by then. */
  deadline = Number.POSITIVE_INFINITY;
  /** When it is asked again whether the client may be here; of what stays open for long, see `recheck`. */
  recheckAt = Number.POSITIVE_INFINITY;
  readonly known: KnownClient;
  private phase: Phase = "head";
  /** The beginning of a head, or what came after the present request. */
  private held: Buffer | null = null;
  /** A head that is still incomplete at this many bytes is read again only when it has doubled, or ended. */
  private readAgainAt = 0;
  private afterFlush: "next" | "end" | "linger" = "next";
  private isReading = false;
  private lingered = 0;
  /** Its socket is closed, which is told more than once. */
  private isGone = false;
  private readonly flow: Flow;
  private readonly outbox = new Outbox();
  private readonly exchange: Exchange;

  constructor(
    private readonly socket: WireSocket,
    private readonly context: PlaneContext,
    private readonly owner: ConnectionOwner,
    private readonly peer: Peer,
  ) {
    this.known = new KnownClient(context, peer);
    this.flow = new Flow(socket);
    this.exchange = new Exchange(this, context);
    this.deadline = context.now() + context.timeouts.headMs;
  }

  get isFlushed(): boolean {
    return this.outbox.isEmpty;
  }

  /** Between two requests, with nothing of the next one here. */
  get isIdle(): boolean {
    return this.phase === "head" && this.held === null;
  }

  received(chunk: Buffer): void {
    this.flow.took(chunk.length);
    switch (this.phase) {
      case "head":
        this.readHeads(this.held === null ? chunk : Buffer.concat([this.held, chunk]));
        return;
      case "exchange":
        this.receiveBody(chunk);
        return;
      case "tunnel":
        this.exchange.relay.fromClient(chunk);
        return;
      case "flushing":
        this.hold(chunk);
        return;
      case "lingering":
        this.lingered += chunk.length;
        if (this.lingered > MAX_LINGER_BYTES) this.pause();
        return;
      case "closed":
    }
  }

  drained(): void {
    if (!this.outbox.flush(this.socket)) return;
    if (this.phase === "flushing") this.flushed();
    else if (this.phase === "exchange" || this.phase === "tunnel") this.exchange.relay.clientDrained();
  }

  /** `isOrderly`: the client said goodbye; what it sent before still counts for a tunnel. */
  closed(isOrderly: boolean): void {
    this.phase = "closed";
    this.flow.end();
    this.held = null;
    this.outbox.clear();
    this.exchange.abort(isOrderly);
    if (!this.isGone) this.owner.closed(this, this.peer.isTrustedProxy ? null : this.peer.address);
    this.isGone = true;
  }

  /** What was awaited did not come in time. */
  expire(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    if (this.phase === "exchange" || this.phase === "tunnel") this.exchange.expire();
    else if (this.phase === "head" && this.held !== null && !isBlankLine(this.held))
      this.refuse({ kind: "client_slow" });
    else if (this.phase === "head") this.end();
    else this.cut();
  }

  recheck(): void {
    this.recheckAt = Number.POSITIVE_INFINITY;
    recheckRequest(this.exchange);
  }

  /** Monotonic milliseconds from the last event, to the second or so. */
  waitAtMost(milliseconds: number): void {
    this.deadline = this.context.time + milliseconds;
  }

  /** False: not all was taken, and `relay.clientDrained` follows. */
  write(bytes: Buffer, from: number, to: number, isScratch: boolean): boolean {
    return this.phase === "closed" || this.outbox.write(this.socket, bytes, from, to, isScratch);
  }

  get isPaused(): boolean {
    return this.flow.isPaused;
  }

  pause(): void {
    this.flow.pause();
  }

  resume(): void {
    this.flow.resume();
  }

  /** The answer is complete. `isPending`: the client may still be sending the request that it answers. */
  finished(isLast: boolean, isPending: boolean): void {
    if (this.phase === "closed") return;
    this.afterFlush = !isLast ? "next" : isPending ? "linger" : "end";
    this.phase = "flushing";
    if (this.outbox.isEmpty) this.flushed();
    else this.waitAtMost(this.context.timeouts.bodyIdleMs);
  }

  /** Has the kernel ask now and then whether the client is still there, of what may be silent for as long as it likes. */
  probe(): void {
    this.socket.setKeepAlive(true, PROBE_AFTER_MS);
  }

  becomeTunnel(): void {
    this.phase = "tunnel";
    const early = this.held;
    this.held = null;
    this.resume();
    if (early !== null) this.exchange.relay.fromClient(early);
  }

  endWhenFlushed(): void {
    this.finished(true, false);
  }

  /** The gateway ends, and what still runs with it. */
  interrupt(): void {
    this.exchange.dispatch.countCut();
    this.cut();
  }

  /** Sends a reset. */
  cut(): void {
    if (this.phase === "closed") return;
    this.phase = "closed";
    this.flow.end();
    this.held = null;
    this.outbox.clear();
    this.socket.terminate();
  }

  /** Everything was written. With TLS the socket may take a while to close; nothing waits for it. */
  end(): void {
    if (this.phase === "closed") return;
    this.phase = "closed";
    this.flow.end();
    this.held = null;
    this.socket.end();
    this.owner.ended(this);
  }

  isLast(exchange: Exchange): boolean {
    return this.context.isDraining || exchange.wantsClose;
  }

  private readHeads(bytes: Buffer): void {
    const head = this.context.requestHead;
    let at = 0;
    this.held = null;
    this.isReading = true;
    while (this.phase === "head" && at < bytes.length) {
      const length = bytes.length - at;
      if (length <= MAX_HEAD_BYTES && length < this.readAgainAt && !endsHead(bytes)) {
        this.holdHead(bytes, at);
        break;
      }
      this.context.headOwner = null;
      const end = head.read(bytes, at, bytes.length);
      if (end === INCOMPLETE && length <= MAX_HEAD_BYTES) {
        this.holdHead(bytes, at);
        this.readAgainAt = 2 * length;
        break;
      }
      if (end <= 0 || end - at > MAX_HEAD_BYTES) {
        this.refuse(end <= 0 ? failureOf(end, head.problem) : { kind: "head_too_large" });
        break;
      }
      this.phase = "exchange";
      this.readAgainAt = 0;
      at = this.exchange.begin(head, bytes.length);
    }
    this.isReading = false;
    if (this.phase === "exchange" || this.phase === "flushing") {
      if (at < bytes.length) this.hold(bytes.subarray(at));
    }
  }

  private holdHead(bytes: Buffer, at: number): void {
    // The time for a head runs from its first byte, however slowly the rest comes.
    if (this.held === null && this.readAgainAt === 0) this.deadline = this.context.now() + this.context.timeouts.headMs;
    this.held = at === 0 ? bytes : bytes.subarray(at);
  }

  private receiveBody(chunk: Buffer): void {
    const { exchange } = this;
    if (exchange.isReceived) {
      this.hold(chunk);
      return;
    }
    const to = exchange.receive(chunk);
    if (to < chunk.length) this.hold(chunk.subarray(to));
  }

  /** Keeps what belongs to the next request. Up to a bound it is read: that way the client's end is noticed too. */
  private hold(bytes: Buffer): void {
    this.held = this.held === null ? bytes : Buffer.concat([this.held, bytes]);
    if (this.held.length > MAX_HELD_BYTES) this.pause();
  }

  private refuse(failure: Failure): void {
    this.phase = "exchange";
    this.held = null;
    this.exchange.refuse(failure);
  }

  private flushed(): void {
    if (this.afterFlush === "end") this.end();
    else if (this.afterFlush === "linger") this.linger();
    else this.next();
  }

  private next(): void {
    this.phase = "head";
    const { held } = this;
    const { timeouts, endsIdle } = this.context;
    if (held === null && endsIdle) {
      this.end();
      return;
    }
    this.waitAtMost(held === null ? timeouts.keepAliveMs : timeouts.headMs);
    if (this.isReading) return; // the loop goes on by itself
    this.resume();
    if (held !== null) this.readHeads(held);
  }

  private linger(): void {
    this.phase = "lingering";
    this.held = null;
    this.socket.shutdown();
    this.deadline = this.context.now() + LINGER_MS; // too short for a clock that is a second behind
    this.resume();
  }
}

/** What old clients send behind a body, before a request that may never come. */
const isBlankLine = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x0d || byte === 0x0a);

/** Whether a head that was incomplete may be whole now: its last bytes are an empty line. */
function endsHead(bytes: Buffer): boolean {
  return bytes.includes("\r\n\r\n", Math.max(0, bytes.length - MAX_HEAD_BYTES));
}

function failureOf(code: number, problem: string): Failure {
  if (code === UNSUPPORTED_VERSION) return { kind: "unsupported_version" };
  if (code === UNSUPPORTED_CODING) return { kind: "unsupported_coding" };
  if (code === TOO_MANY_FIELDS || code === INCOMPLETE) return { kind: "head_too_large" };
  return { kind: "malformed", detail: problem };
}
