import { ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE } from "../http1/fields.ts";
import { CHUNKED, LENGTH } from "../http1/framing.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { Compressor, chooseEncoding, type Encoding, isCompressible } from "../policies/compression.ts";
import type { Exchange } from "./exchange.ts";

const CRLF = Buffer.from("\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** The coding that an answer will have, or null when it stays as it is. */
export function recodingFor(exchange: Exchange, head: ResponseHead): Encoding | null {
  const request = exchange.head();
  if (exchange.minor === 0 || exchange.isHead || request.fields.find(ACCEPT_ENCODING) === -1) return null;
  const value = (kind: number): string | null => {
    const field = head.fields.find(kind);
    return field === -1 ? null : head.bytes.toString("latin1", head.fields.value(field), head.fields.valueEnd(field));
  };
  if ((head.body !== LENGTH && head.body !== CHUNKED) || !Compressor.hasRoom()) return null;
  const isText = isCompressible(
    head.status,
    value(CONTENT_TYPE),
    value(CONTENT_ENCODING),
    value(CACHE_CONTROL),
    head.body === LENGTH ? head.contentLength : null,
  );
  return isText ? chooseEncoding(request.header("accept-encoding")) : null;
}

/** Compresses a body on its way to the client, as chunks of its own. */
export class Recoder {
  isFull = false;
  private readonly compressor: Compressor;

  /** `done`: the last chunk was written. */
  constructor(
    private readonly exchange: Exchange,
    encoding: Encoding,
    done: () => void,
  ) {
    this.compressor = new Compressor(encoding, {
      onData: (chunk) => this.writeChunk(chunk),
      onEnd: () => {
        exchange.client.write(LAST_CHUNK, 0, LAST_CHUNK.length, false);
        done();
      },
      onError: (err) => {
        exchange.context.observer.caught(err);
        exchange.relay.cut();
      },
    });
    this.compressor.onDrain = () => {
      this.isFull = false;
      exchange.relay.recoderDrained();
    };
  }

  write(chunk: Buffer): void {
    if (!this.compressor.write(chunk)) this.isFull = true;
  }

  /** The client takes more. */
  resume(): void {
    this.compressor.resume();
  }

  end(): void {
    this.compressor.end();
  }

  destroy(): void {
    this.compressor.destroy();
  }

  private writeChunk(chunk: Buffer): void {
    const framed = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, CRLF]);
    this.exchange.relay.bytesOut += framed.length;
    if (!this.exchange.client.write(framed, 0, framed.length, false)) this.compressor.pause();
  }
}
