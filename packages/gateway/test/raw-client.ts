import net from "node:net";
import { until } from "./until.ts";

/** A client without manners: sends exactly the bytes it is given and keeps exactly what comes back. */
export class RawClient {
  private readonly chunks: Buffer[] = [];
  receivedBytes = 0;
  isClosed = false;
  /** Code of the error that ended the connection, "FIN" after an orderly end, null while it is open. */
  end: string | null = null;

  private constructor(readonly socket: net.Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.receivedBytes += chunk.length;
    });
    socket.on("end", () => {
      this.end ??= "FIN";
    });
    socket.on("error", (err) => {
      this.end = "code" in err ? String(err.code) : err.message;
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = net.connect({ port, host: "127.0.0.1" }, resolve);
    socket.once("error", reject);
    const client = new RawClient(socket);
    await promise;
    return client;
  }

  /** Connects, sends, and waits for the server to close. Send `Connection: close` or something broken. */
  static async ask(port: number, bytes: string): Promise<string> {
    const client = await RawClient.connect(port);
    client.send(bytes);
    await until("the server closes the connection", () => client.isClosed);
    return client.text;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async waitFor(text: string): Promise<void> {
    await until(`"${text}" arrives, instead of ${JSON.stringify(this.text.slice(-300))}`, () =>
      this.text.includes(text),
    );
  }

  async closed(): Promise<void> {
    await until("the connection is closed", () => this.isClosed);
  }
}
