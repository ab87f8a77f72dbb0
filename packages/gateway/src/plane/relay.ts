import type { Reply } from "../error-pages.ts";
import { type BodyScanner, BROKEN, type ChunkData } from "../http1/body-scanner.ts";
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
import { recheckLater } from "./recheck-request.ts";
import { Recoder, recodingFor } from "./recoder.ts";
import { writeReply } from "./reply-head.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

/**
 * Brings the answer back. Its head is copied without what ends here; the body is passed on as it came, chunk sizes and
 * trailers included, and only looked at to find its end. Two exceptions: HTTP/1.0 clients get bodies without chunks, and
 * where a policy says so, text is compressed.
 */
export class Relay implements ChunkData {
  status = 0;
  bytesOut = 0;
  /** A byte of the answer went to the client; from here on no page of ours can replace it. */
  hasBegun = false;
  isTunnel = false;
  /** The policy's Strict-Transport-Security replaces the upstream's. */
  addsHsts = false;
  private extraLines = "";
  private endsWithConnection = false;
  /** The body ends with the target's connection. */
  private endsBody = false;
  private isReframed = false;
  private isUpstreamReusable = false;
  private isEndless = false;
  private recoder: Recoder | null = null;
  private connection: UpstreamConnection | null = null;

  constructor(private readonly exchange: Exchange) {}

  /** The answer's head is in `context.responseHead`, what follows it in `bytes`. */
  respond(connection: UpstreamConnection, scanner: BodyScanner, bytes: Buffer): void {
    const { exchange } = this;
    const { context, client, dispatch } = exchange;
    const head = context.responseHead;
    dispatch.upstream?.trust();
    const now = context.now();
    context.time = now;
    exchange.stats.latency.add(now - exchange.startedAt, now);
    this.connection = connection;
    this.isUpstreamReusable = !head.closes;
    this.isEndless = head.isEventStream;
    const body = this.reframe(head);
    scanner.begin(head.body, head.contentLength, body === "as it came" ? null : this);
    const end = body === "as it came" ? scanner.scan(bytes, head.end, bytes.length) : head.end;
    if (end === BROKEN) {
      dispatch.broke("The framing of its answer is broken.");
      return;
    }
    this.begin(head.status);
    this.writeHead(head, body);
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
    else {
      if (this.isEndless) recheckLater(exchange);
      this.goOn(isTaken);
    }
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
    const { client } = this.exchange;
    let isTaken = client.isFlushed;
    const to = end >= 0 ? end : chunk.length;
    if (this.recoder !== null) isTaken = !this.recoder.isFull;
    else if (!this.isReframed) {
      this.bytesOut += to;
      isTaken = client.write(chunk, 0, to, false);
    }
    if (end >= 0) this.complete(to === chunk.length);
    else this.goOn(isTaken);
  }

  /** The data of a chunked body that is not passed on as it came. */
  data(bytes: Buffer, from: number, to: number): void {
    this.bytesOut += to - from;
    if (this.recoder === null) this.exchange.client.write(bytes, from, to, false);
    else this.recoder.write(bytes.subarray(from, to));
  }

  /** 100, 102, 103: HTTP/1.0 knows none of them. */
  passInterim(bytes: Buffer): void {
    const { context, client, minor } = this.exchange;
    const { start, end } = context.responseHead;
    if (minor === 1) client.write(bytes, start, end, false);
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
    copyResponseHead(context.writer, head, "as it came", false);
    addWebSocket(context.writer);
    this.endHead();
    const first = head.end;
    exchange.shrink();
    connection.becomeTunnel();
    const isInOne = context.writer.tryBody(bytes, first, bytes.length);
    let isTaken = client.write(context.writer.bytes, 0, context.writer.length, true);
    if (!isInOne) isTaken = client.write(bytes, first, bytes.length, false) && isTaken;
    if (!isTaken) connection.pause();
    client.becomeTunnel();
    recheckLater(exchange);
  }

  fromUpstream(chunk: Buffer): void {
    this.bytesOut += chunk.length;
    if (!this.exchange.client.write(chunk, 0, chunk.length, false)) this.connection?.pause();
  }

  fromClient(chunk: Buffer): void {
    this.exchange.stats.bytesIn += chunk.length;
    if (this.connection?.write(chunk, 0, chunk.length, false) === false) this.exchange.client.pause();
  }

  clientDrained(): void {
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
    else this.cut();
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
    this.extraLines = "";
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
      this.recoder = new Recoder(exchange, encoding, () => this.recoded());
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
    if (this.extraLines !== "") writer.text(this.extraLines);
    this.endConnectionLines(this.endsWithConnection);
    this.endHead();
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
    const { client, context } = this.exchange;
    client.waitAtMost(this.isEndless ? Number.POSITIVE_INFINITY : context.timeouts.bodyIdleMs);
    if (!isTaken) this.connection?.pause();
  }

  /** The target's answer is complete. `isExact`: nothing came behind it. */
  private complete(isExact: boolean): void {
    const { exchange, connection } = this;
    this.connection = null;
    exchange.dispatch.given();
    connection?.finish(isExact && this.isUpstreamReusable && exchange.isReceived);
    if (this.recoder !== null) this.recoder.end();
    else this.finish();
  }

  /** What the recoder still had is with the client. */
  private recoded(): void {
    this.finish();
  }

  private finish(): void {
    const { exchange } = this;
    const isPending = !exchange.isReceived || exchange.isWebSocket;
    const isLast = this.endsWithConnection;
    exchange.end(this.status);
    exchange.client.finished(isLast, isPending);
  }
}
