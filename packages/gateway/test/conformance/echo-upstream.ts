import { type Connection, RawUpstream } from "../raw-upstream.ts";
import { type HttpMessage, readRequest } from "./http-reader.ts";

/**
 * An upstream that reads requests by the letter, remembers them, and answers each with its own method and target as the body,
 * so that an answer shows whose it is.
 */
export class EchoUpstream {
  readonly seen: HttpMessage[] = [];
  /** What arrived and was no unambiguous request. */
  readonly faults: string[] = [];
  private readonly read = new WeakMap<Connection, number>();

  private constructor() {}

  static async start(): Promise<{ upstream: EchoUpstream; raw: RawUpstream }> {
    const upstream = new EchoUpstream();
    const raw = await RawUpstream.start((connection) => upstream.answer(connection));
    return { upstream, raw };
  }

  forget(): void {
    this.seen.length = 0;
    this.faults.length = 0;
  }

  /** Whether everything that came on this connection is answered. */
  isIdle(connection: Connection): boolean {
    return (this.read.get(connection) ?? 0) === connection.received.length;
  }

  private answer(connection: Connection): void {
    for (;;) {
      const from = this.read.get(connection) ?? 0;
      const reading = this.tryRead(connection, from);
      if (reading === null) return;
      this.read.set(connection, reading.end);
      this.seen.push(reading.message);
      const [method = "", target = ""] = reading.message.startLine.split(" ");
      const body = `${method} ${target}`;
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
      connection.socket.write(Buffer.from(method === "HEAD" ? head : head + body, "latin1"));
    }
  }

  private tryRead(connection: Connection, from: number): ReturnType<typeof readRequest> {
    try {
      return readRequest(connection.received, from);
    } catch (err) {
      this.faults.push(err instanceof Error ? err.message : String(err));
      connection.socket.destroy();
      return null;
    }
  }
}
