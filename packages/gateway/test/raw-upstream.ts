import net from "node:net";

export type Connection = { socket: net.Socket; received: string; isClosed: boolean };

/**
 * An upstream that records exactly what arrives and answers what the test says. `onData` is called after every chunk with
 * everything received so far on that connection.
 */
export class RawUpstream {
  readonly connections: Connection[] = [];

  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {}

  static async start(onData: (connection: Connection) => void): Promise<RawUpstream> {
    const server = net.createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
    const upstream = new RawUpstream(server, address.port);
    server.on("connection", (socket) => {
      const connection: Connection = { socket, received: "", isClosed: false };
      upstream.connections.push(connection);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        connection.isClosed = true;
      });
      socket.on("data", (chunk: Buffer) => {
        connection.received += chunk.toString("latin1");
        onData(connection);
      });
    });
    return upstream;
  }

  /** Answers each request that has no body with these bytes. */
  static answering(bytes: string): Promise<RawUpstream> {
    return RawUpstream.start((connection) => {
      if (!connection.received.endsWith("\r\n\r\n")) return;
      connection.socket.write(Buffer.from(bytes, "latin1"));
    });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get received(): string {
    return this.connections.map((connection) => connection.received).join("");
  }

  stop(): void {
    for (const { socket } of this.connections) socket.destroy();
    this.server.close();
  }
}
