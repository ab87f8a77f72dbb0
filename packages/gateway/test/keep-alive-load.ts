import net from "node:net";

/**
 * Clients with a connection each, which they use again and again as browsers do: after `Connection: close` the next request
 * gets a new connection, and one that was closed while it idled is opened anew.
 */
export class KeepAliveLoad {
  sent = 0;
  /** How often each body came. */
  readonly answers = new Map<string, number>();
  readonly failures: string[] = [];
  private readonly clients: Promise<void>[];
  /** The request asks for a connection of its own. */
  private readonly isShort: boolean;
  private isOver = false;

  /** About `perSecond` requests, over all clients. */
  constructor(
    private readonly port: number,
    private readonly request: string,
    { clients, perSecond }: { clients: number; perSecond: number },
  ) {
    this.isShort = request.includes("Connection: close");
    const pauseMs = (1_000 * clients) / perSecond;
    this.clients = Array.from({ length: clients }, (_, index) => this.run(pauseMs, (index * pauseMs) / clients));
  }

  /** Resolves when the last answer is there. */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.clients);
  }

  private async run(pauseMs: number, delayMs: number): Promise<void> {
    await Bun.sleep(delayMs);
    let connection: Connection | null = null;
    while (!this.isOver) {
      const isNew: boolean = connection === null || connection.isClosed;
      try {
        if (connection === null || connection.isClosed) connection = await Connection.open(this.port);
        this.sent++;
        const body = await connection.ask(this.request);
        this.answers.set(body, (this.answers.get(body) ?? 0) + 1);
      } catch (err) {
        this.failures.push(`${isNew ? "on a new connection" : "on a used connection"}: ${String(err)}`);
        connection?.close();
        connection = null;
      }
      if (this.isShort) connection?.close();
      await Bun.sleep(pauseMs);
    }
    connection?.close();
  }
}

class Connection {
  isClosed = false;
  private received = "";
  private waiting: PromiseWithResolvers<string> | null = null;

  private constructor(private readonly socket: net.Socket) {
    socket.on("data", (chunk: Buffer) => this.read(chunk));
    socket.on("error", (err) => this.fail(err));
    socket.on("close", () => this.fail(new Error("closed without an answer")));
  }

  static async open(port: number): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = net.connect({ port, host: "127.0.0.1" }, resolve);
    socket.once("error", reject);
    await promise;
    return new Connection(socket);
  }

  ask(request: string): Promise<string> {
    this.waiting = Promise.withResolvers<string>();
    this.socket.write(request);
    return this.waiting.promise;
  }

  close(): void {
    this.isClosed = true;
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.received += chunk.toString("latin1");
    const head = this.received.indexOf("\r\n\r\n");
    const length = Number(/^content-length: (\d+)/im.exec(this.received)?.[1]);
    if (head === -1 || this.received.length < head + 4 + length) return;
    const body = this.received.slice(head + 4, head + 4 + length);
    const isLast = /^connection: close/im.test(this.received.slice(0, head));
    const status = this.received.slice(9, 12);
    this.received = "";
    if (isLast) this.close();
    if (status === "200") this.waiting?.resolve(body);
    else this.waiting?.reject(new Error(`status ${status}`));
    this.waiting = null;
  }

  private fail(err: Error): void {
    this.isClosed = true;
    this.waiting?.reject(err);
    this.waiting = null;
  }
}
