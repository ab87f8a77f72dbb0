import type { Failure } from "../failure.ts";
import { BodyScanner, BROKEN } from "../http1/body-scanner.ts";
import { NO_BODY } from "../http1/framing.ts";
import type { RequestHead } from "../http1/request-head.ts";
import type { Outcome, RouteStats } from "../observe/route-stats.ts";
import type { FinishedRequest, HostMeaning } from "../proxy.ts";
import type { ClientConnection } from "./client-connection.ts";
import { Dispatch } from "./dispatch.ts";
import type { ClientFacts } from "./forwarded.ts";
import { MAX_HELD_BYTES } from "./limits.ts";
import type { PlaneContext } from "./plane-context.ts";
import { Relay } from "./relay.ts";
import { REQUEST_ID_BYTES } from "./request-ids.ts";
import { routeRequest } from "./route-request.ts";

const NOTHING = Buffer.alloc(0);
const BROKEN_BODY: Failure = { kind: "malformed", detail: "The chunks of the request body are not valid." };

/**
 * One request and its answer. Each client connection has one of these and uses it for all its requests, one after the
 * other, so that a request makes no objects. `dispatch` brings it to a target, `relay` brings the answer back.
 */
export class Exchange implements FinishedRequest {
  isRunning = false;
  isHead = false;
  isWebSocket = false;
  /** The request has arrived whole. */
  isReceived = false;
  hasBody = false;
  /** It may be sent twice. */
  isRepeatable = false;
  minor = 1;
  /** The client wants the connection to end after this, or cannot do otherwise. */
  wantsClose = false;
  /** Tells one request of this connection from the others. */
  serial = 0;
  meaning: HostMeaning | null = null;
  facts: ClientFacts;
  stats: RouteStats;
  outcome: Outcome = "aborted";
  durationMs = 0;
  /** The head as it came, with what of the body came in the same read: `[bodyStart, bodyEnd)`. */
  raw: Buffer = NOTHING;
  bodyStart = 0;
  bodyEnd = 0;
  /** Of the body, what came after `raw` and before a connection stood. */
  early: Buffer | null = null;
  startedAt = 0;
  readonly dispatch: Dispatch;
  readonly relay: Relay;
  private start = 0;
  private idTime = 0;
  private idCounter = 0;
  private readonly scanner = new BodyScanner();

  constructor(
    readonly client: ClientConnection,
    readonly context: PlaneContext,
  ) {
    this.stats = context.observer.gatewayStats;
    this.facts = client.known.own;
    this.dispatch = new Dispatch(this);
    this.relay = new Relay(this);
  }

  /** Begins with the head that `context.requestHead` holds; returns up to where its bytes before `end` are this request's. */
  begin(head: RequestHead, end: number): number {
    const { context } = this;
    this.open();
    context.headOwner = this;
    this.raw = head.bytes;
    this.start = head.start;
    this.bodyStart = head.end;
    this.isHead = head.isHead;
    this.isWebSocket = head.isWebSocket;
    this.minor = head.minor;
    this.hasBody = head.body !== NO_BODY;
    this.isReceived = !this.hasBody;
    this.bodyEnd = head.end;
    this.wantsClose = head.closes;
    this.isRepeatable = !this.hasBody && head.isIdempotent;
    this.scanner.begin(head.body, head.contentLength);
    if (this.hasBody && !this.receiveFirst(head, end)) return end;
    routeRequest(this, head);
    return this.bodyEnd;
  }

  /** What came is no request. */
  refuse(failure: Failure): void {
    this.open();
    this.raw = NOTHING;
    this.isHead = false;
    this.isWebSocket = false;
    this.isReceived = false;
    this.minor = 1;
    this.scanner.begin(NO_BODY, 0);
    this.context.observer.failed(failure.kind);
    this.relay.reply(this.context.rules.refuse(failure, null, this.requestId()), true);
  }

  /** More of the body. Returns up to where the bytes belong to this request. */
  receive(chunk: Buffer): number {
    this.context.time = this.context.now();
    const end = this.scanner.scan(chunk, 0, chunk.length);
    if (end === BROKEN) {
      this.fail(BROKEN_BODY);
      return chunk.length;
    }
    if (this.refuseTooLarge(0)) return chunk.length;
    const to = end >= 0 ? end : chunk.length;
    this.isReceived = end >= 0;
    if (!this.dispatch.sendBody(chunk, to)) {
      const part = chunk.subarray(0, to);
      this.early = this.early === null ? part : Buffer.concat([this.early, part]);
      if (this.early.length > MAX_HELD_BYTES) this.client.pause();
    }
    return to;
  }

  /** Answers with 413 when the body is larger than it may be, as announced or as far as it came; whether it did. */
  refuseTooLarge(announcedBytes: number): boolean {
    const limitBytes = this.meaning?.policy?.rules.maxBodyBytes ?? this.context.limits.bodyBytes;
    if (announcedBytes <= limitBytes && this.scanner.dataCount <= limitBytes) return false;
    this.fail({ kind: "body_too_large", limitBytes });
    return true;
  }

  /** Whose request it is, now that it is known. */
  count(stats: RouteStats): void {
    this.stats.inFlight--;
    this.stats = stats;
    stats.inFlight++;
  }

  requestId(): string {
    return this.context.ids.text(this.idTime, this.idCounter);
  }

  /** Into the head that is being written, behind the name of its field; the line after it is the caller's. */
  writeRequestId(): void {
    const { writer, ids } = this.context;
    ids.write(writer.bytes, writer.length, this.idTime, this.idCounter);
    writer.length += REQUEST_ID_BYTES;
    writer.endLine();
  }

  /** Answers with a page of our own, when nothing of the upstream's answer was sent yet; else breaks that off. */
  fail(failure: Failure): void {
    this.dispatch.letGo();
    this.context.observer.failed(failure.kind);
    if (this.relay.hasBegun) {
      this.relay.cut();
      return;
    }
    const accept = this.head().header("accept");
    const reply = this.context.rules.refuse(failure, accept, this.requestId());
    this.relay.reply(reply, failure.kind === "malformed");
  }

  /** The time for what was awaited is over. */
  expire(): void {
    if (!this.relay.hasBegun) {
      this.dispatch.expire();
      return;
    }
    if (this.awaitsTarget) this.dispatch.countFailed();
    this.relay.cut();
  }

  /** The client is gone: an unfinished upstream request is cut, and a tunnel ends as it did. */
  abort(isOrderly: boolean): void {
    if (!this.isRunning) return;
    if (this.relay.isTunnel && isOrderly) this.dispatch.endTunnel();
    else this.dispatch.letGo();
    this.end(this.relay.isTunnel ? "tunnel" : "aborted");
  }

  /** The request is over; everything that it held is let go of. */
  end(outcome: Outcome): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.client.recheckAt = Number.POSITIVE_INFINITY;
    this.outcome = outcome;
    this.durationMs = this.context.time - this.startedAt;
    this.stats.inFlight--;
    this.stats.count(outcome);
    this.stats.bytesIn += this.scanner.byteCount;
    this.stats.bytesOut += this.relay.bytesOut;
    this.context.observer.finished(this.stats, this);
    this.raw = NOTHING;
    this.early = null;
    this.meaning = null;
    this.dispatch.reset();
    this.relay.reset();
  }

  /** The head of this request; read again if other requests' were read since. */
  head(): RequestHead {
    const { context } = this;
    if (context.headOwner !== this) {
      context.requestHead.read(this.raw, this.start, this.bodyStart);
      context.headOwner = this;
    }
    return context.requestHead;
  }

  /** Lets go of the read that the head came in, for requests that stay for long. */
  shrink(): void {
    if (this.bodyStart - this.start === this.raw.length) return;
    this.raw = Buffer.from(this.raw.subarray(this.start, this.bodyStart));
    this.bodyStart -= this.start;
    this.bodyEnd = this.bodyStart;
    this.start = 0;
    if (this.context.headOwner === this) this.context.headOwner = null;
  }

  get status(): number {
    return this.relay.status;
  }

  get bytesOut(): number {
    return this.relay.bytesOut;
  }

  get clientAddress(): string {
    return this.facts.address;
  }

  method(): string {
    if (this.raw === NOTHING) return "-";
    const head = this.head();
    return head.bytes.toString("latin1", head.start, head.methodEnd);
  }

  host(): string {
    if (this.raw === NOTHING) return "-";
    const head = this.head();
    return head.bytes.toString("latin1", head.host, head.hostEnd);
  }

  path(): string {
    if (this.raw === NOTHING) return "-";
    const head = this.head();
    return head.bytes.toString("latin1", head.target, head.pathEnd);
  }

  /** Amid an answer: the client has taken all that came, and has not to send anything. */
  private get awaitsTarget(): boolean {
    const { client, isReceived } = this;
    return client.isFlushed && (isReceived || client.isPaused);
  }

  private open(): void {
    const { context } = this;
    this.isRunning = true;
    this.serial++;
    this.startedAt = context.now();
    context.time = this.startedAt;
    this.idTime = Date.now();
    this.idCounter = context.ids.next();
    this.facts = this.client.known.own;
    this.stats = context.observer.gatewayStats;
    this.stats.inFlight++;
  }

  /** The part of the body that came with the head; false when it ends the request. */
  private receiveFirst(head: RequestHead, end: number): boolean {
    const scanned = this.scanner.scan(head.bytes, head.end, end);
    if (scanned === BROKEN) {
      this.fail(BROKEN_BODY);
      return false;
    }
    this.isReceived = scanned >= 0;
    this.bodyEnd = scanned >= 0 ? scanned : end;
    return true;
  }
}
