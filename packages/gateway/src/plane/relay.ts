import type { Reply } from "../error-pages.ts";
import { type BodyScanner, BROKEN } from "../http1/body-scanner.ts";
import { UNTIL_CLOSE } from "../http1/framing.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import {
  addClose,
  addKeepAlive,
  addRequestIdName,
  addWebSocket,
  copyResponseHead,
  type Reframed,
} from "./client-head.ts";
import type { Exchange } from "./exchange.ts";
import { PackedData } from "./packed-data.ts";
import { recheckLater } from "./recheck-request.ts";
import { Recoder, recodingFor } from "./recoder.ts";
import { writeReply } from "./reply-head.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

/**
 * Brings the answer back. Its head is copied without what ends here; the body is passed on as it came, chunk sizes and
 * trailers included, and only looked at to find its end. Two exceptions: HTTP/1.0 clients get bodies without chunks, and
 * where a policy says so, text is compressed.
 */
export class Relay {
  status = 0;
  bytesOut = 0;
  /** A byte of the answer went to the client; from here on no page of ours can replace it. */
  hasBegun = false;
  isTunnel = false;
  /** The policy's Strict-Transport-Security replaces the upstream's. */
  addsHsts = false;
  /** A Set-Cookie value that names the replica which is asked, for visitors that stay with one. */
  replicaCookie: string | null = null;
  private extraLines = "";
  private endsWithConnection = false;
  /** The body ends with the target's connection. */
  private endsBody = false;
  private isReframed = false;
  private isUpstreamReusable = false;
  private isEndless = false;
  private recoder: Recoder | null = null;
  private connection: UpstreamConnection | null = null;
  private readonly data = new PackedData();

  constructor(private readonly exchange: Exchange) {}

  /** The answer's head is in `context.responseHead`, what follows it in `bytes`. */
  respond(connection: UpstreamConnection, scanner: BodyScanner, bytes: Buffer): void {
    const { exchange } = this;
    const { context, client, dispatch } = exchange;
    const head = context.responseHead;
    dispatch.upstream?.trust();
    if (head.status >= 500 || (exchange.isWebSocket && head.status >= 400)) dispatch.blame();
    const now = context.now();
    context.time = now;
    exchange.stats.latency.add(now - exchange.startedAt, now);
    this.connection = connection;
    this.isUpstreamReusable = !head.closes;
    this.isEndless = head.isEventStream;
    const body = this.reframe(head);
    scanner.begin(head.body, head.contentLength, body === "as it came" ? null : this.data);
    const end = body === "as it came" ? scanner.scan(bytes, head.end, bytes.length) : head.end;
    if (end === BROKEN) {
      dispatch.broke("The framing of its answer is broken.");
      return;
    }
    this.begin(head.status);
    this.writeHead(head, body);
    if (this.isEndless) this.keepOpen();
    const to = end >= 0 ? end : bytes.length;
    if (body !== "as it came") {
      client.write(context.writer.bytes, 0, context.writer.length, true);
      this.passBody(connection, bytes, scanner.scan(bytes, head.end, bytes.length));
      return;
    }
    this.bytesOut += to - head.end;
    const isInOne = context.writer.tryBody(bytes, head.end, to);
    let isTaken = client.write(context.writer.bytes, 0, context.writer.length, true);
    if (!isInOne) isTaken = client.write(bytes, head.end, to, false) && isTaken;
    if (end >= 0) this.complete(to === bytes.length);
    else this.goOn(isTaken);
  }

  /** A part of the body; `end` is what the scanner said of it. */
  passBody(connection: UpstreamConnection, chunk: Buffer, end: number): void {
    const { context } = this.exchange;
    context.time = context.now();
    if (end === BROKEN) {
      connection.close();
      this.exchange.dispatch.broke("The framing of its answer is broken.");
      return;
    }
    const to = end >= 0 ? end : chunk.length;
    const isTaken = this.isReframed ? this.passData(chunk) : this.pass(chunk, 0, to);
    if (end >= 0) this.complete(to === chunk.length);
    else this.goOn(isTaken);
  }

  /** 100, 102, 103: without what ends here, as any answer. HTTP/1.0 knows none of them. */
  passInterim(): void {
    const { context, client, minor } = this.exchange;
    if (minor === 0) return;
    copyResponseHead(context.writer, context.responseHead, "as it came", false);
    context.writer.endLine();
    client.write(context.writer.bytes, 0, context.writer.length, true);
  }

  /** 101: both connections become a tunnel, if that was asked for. Frames are never looked at. */
  switchProtocols(connection: UpstreamConnection, bytes: Buffer): void {
    const { exchange } = this;
    const { context, client } = exchange;
    if (!exchange.isWebSocket) {
      exchange.dispatch.broke("It switched protocols, which nobody had asked for.");
      return;
    }
    const head = context.responseHead;
    exchange.dispatch.upstream?.trust();
    this.connection = connection;
    this.begin(101);
    this.isTunnel = true;
    this.isEndless = true;
    copyResponseHead(context.writer, head, "as it came", this.addsHsts);
    this.addLines();
    addWebSocket(context.writer);
    this.endHead();
    const first = head.end;
    const isInOne = context.writer.tryBody(bytes, first, bytes.length);
    let isTaken = client.write(context.writer.bytes, 0, context.writer.length, true);
    if (!isInOne) isTaken = client.write(bytes, first, bytes.length, false) && isTaken;
    if (!isTaken) connection.pause();
    connection.becomeTunnel();
    client.becomeTunnel();
    this.keepOpen();
  }

  fromUpstream(chunk: Buffer): void {
    if (this.pass(chunk, 0, chunk.length)) return;
    this.connection?.pause();
    this.allowTime();
  }

  fromClient(chunk: Buffer): void {
    this.exchange.stats.bytesIn += chunk.length;
    if (this.connection?.write(chunk, 0, chunk.length, false) !== false) return;
    this.exchange.client.pause();
    this.allowTime();
  }

  clientDrained(): void {
    if (this.hasBegun) this.allowTime();
    if (this.recoder !== null) this.recoder.resume();
    if (this.recoder?.isFull !== true) this.connection?.resume();
  }

  recoderDrained(): void {
    this.connection?.resume();
  }

  /** The target closed the connection during its answer. */
  upstreamEnded(err: Error | null): void {
    const isWhole = err === null && this.endsBody;
    if (this.isTunnel && err === null) {
      const { client } = this.exchange;
      this.exchange.end("tunnel");
      client.endWhenFlushed();
    } else if (isWhole) this.complete(true);
    else {
      const { dispatch } = this.exchange;
      // A WebSocket ends with its replica at the latest: the time that it had to end by itself was over.
      if (!this.isTunnel || dispatch.upstream?.counts.isGone !== true) dispatch.countFailed();
      this.cut();
    }
  }

  /** Breaks off: half a body must never look whole, so the client sees a reset and no end. */
  cut(): void {
    const { exchange } = this;
    const { client } = exchange;
    this.connection?.close();
    exchange.dispatch.given();
    exchange.end(this.isTunnel ? "tunnel" : "cut");
    client.cut();
  }

  /** An answer of our own. After a `broken` request nobody knows where the next one begins. */
  reply(reply: Reply, isBroken = false): void {
    const { exchange } = this;
    const { client, context } = exchange;
    const isLast = isBroken || client.isLast(exchange) || !exchange.isReceived || exchange.isWebSocket;
    this.begin(reply.status);
    writeReply(context.writer, reply, exchange.isHead, this.extraLines);
    this.endConnectionLines(isLast);
    this.endHead();
    const body = exchange.isHead ? null : Buffer.from(reply.body);
    if (body !== null && !context.writer.tryBody(body, 0, body.length)) {
      client.write(context.writer.bytes, 0, context.writer.length, true);
      client.write(body, 0, body.length, false);
    } else client.write(context.writer.bytes, 0, context.writer.length, true);
    this.bytesOut = body?.length ?? 0;
    const isPending = isBroken || !exchange.isReceived || exchange.isWebSocket;
    exchange.end(reply.status);
    client.finished(isLast, isPending);
  }

  /**
   * Until the next byte, from either side. What is endless may be silent for as long as it likes, but not stand still because
   * one side does not take what the other has sent: that side may be gone, and nobody reads the end of the other.
   */
  allowTime(): void {
    const { client, context } = this.exchange;
    const mayBeSilent = this.isEndless && client.isFlushed && !client.isPaused;
    client.waitAtMost(mayBeSilent ? Number.POSITIVE_INFINITY : context.timeouts.bodyIdleMs);
  }

  /** A line that a policy adds to the answer, ours or the upstream's. */
  addLine(name: string, value: string): void {
    this.extraLines += `${name}: ${value}\r\n`;
  }

  reset(): void {
    this.recoder?.destroy();
    this.recoder = null;
    this.connection = null;
    this.hasBegun = false;
    this.isTunnel = false;
    this.isReframed = false;
    this.data.clear();
    this.extraLines = "";
    this.replicaCookie = null;
    this.addsHsts = false;
    this.status = 0;
    this.bytesOut = 0;
  }

  private begin(status: number): void {
    this.hasBegun = true;
    this.status = status;
  }

  private reframe(head: ResponseHead): Reframed {
    const { exchange } = this;
    this.endsBody = head.body === UNTIL_CLOSE;
    const encoding = exchange.meaning?.policy?.rules.compress === true ? recodingFor(exchange, head) : null;
    if (encoding !== null) {
      this.recoder = new Recoder(exchange, encoding, () => this.finish());
      return { encoding };
    }
    return exchange.minor === 0 && head.namesChunks ? "without chunks" : "as it came";
  }

  private writeHead(head: ResponseHead, body: Reframed): void {
    const { exchange } = this;
    const { writer } = exchange.context;
    this.isReframed = body !== "as it came";
    const isUnframed = body === "without chunks" || (head.body === UNTIL_CLOSE && this.recoder === null);
    this.endsWithConnection =
      isUnframed || exchange.client.isLast(exchange) || !exchange.isReceived || exchange.isWebSocket;
    copyResponseHead(writer, head, body, this.addsHsts);
    this.addLines();
    this.endConnectionLines(this.endsWithConnection);
    this.endHead();
  }

  private addLines(): void {
    const { writer } = this.exchange.context;
    if (this.extraLines !== "") writer.text(this.extraLines);
    if (this.replicaCookie !== null) writer.text(`Set-Cookie: ${this.replicaCookie}\r\n`);
  }

  private endConnectionLines(isLast: boolean): void {
    const { writer } = this.exchange.context;
    if (isLast) addClose(writer);
    else if (this.exchange.minor === 0) addKeepAlive(writer);
  }

  private endHead(): void {
    const { writer } = this.exchange.context;
    addRequestIdName(writer);
    this.exchange.writeRequestId();
    writer.endLine();
  }

  /** The body goes on: with the time it has, and no faster than the client takes it. */
  private goOn(isTaken: boolean): void {
    this.allowTime();
    if (!isTaken) this.connection?.pause();
  }

  /** False: not all was taken. */
  private pass(bytes: Buffer, from: number, to: number): boolean {
    this.bytesOut += to - from;
    return this.exchange.client.write(bytes, from, to, false);
  }

  /** The data of a read, for a body that is not passed on as it came. False: wait before the next. */
  private passData(bytes: Buffer): boolean {
    const { recoder } = this;
    const data = this.data.take(bytes);
    if (recoder === null) return data === null ? this.exchange.client.isFlushed : this.pass(data, 0, data.length);
    if (data !== null) recoder.write(data);
    return !recoder.isFull;
  }

  /** May be silent for as long as it likes, while both sides are there and the client may be here. */
  private keepOpen(): void {
    const { exchange } = this;
    exchange.shrink();
    exchange.client.probe();
    this.connection?.probe();
    this.allowTime();
    recheckLater(exchange);
  }

  /** The target's answer is complete. `isExact`: nothing came behind it. */
  private complete(isExact: boolean): void {
    const { exchange, connection } = this;
    this.connection = null;
    exchange.dispatch.given();
    connection?.finish(isExact && this.isUpstreamReusable && exchange.isReceived);
    if (this.recoder === null) {
      this.finish();
      return;
    }
    this.allowTime();
    this.recoder.end();
  }

  private finish(): void {
    const { exchange } = this;
    const isPending = !exchange.isReceived || exchange.isWebSocket;
    const isLast = this.endsWithConnection;
    exchange.end(this.status);
    exchange.client.finished(isLast, isPending);
  }
}
