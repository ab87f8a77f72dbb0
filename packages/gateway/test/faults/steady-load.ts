import { requestOf } from "./echo-app.ts";
import { LoadConnection } from "./load-connection.ts";

/** Work is handed out so often; a late timer makes up for what it missed. */
const TICK_MS = 5;
/** A client that waits longer than this for an answer has failed. */
const PATIENCE_MS = 10_000;

export type SteadyLoadOptions = {
  port: number;
  host: string;
  /** In front of the paths of `requestOf`. */
  prefix?: string;
  /** Requests, over all connections. */
  perSecond: number;
  /** At most so many; each has one request under way. */
  connections: number;
};

export type LoadFailure = {
  what: string;
  request: string;
  /** Which of the clients it was, and the process of the gateway that had answered it before; empty on a new connection. */
  client: number;
  process: string;
  /** Since the load began. */
  atMs: number;
};

type Client = { id: number; connection: LoadConnection | null; process: string; since: number };

/**
 * Requests at a fixed rate over keep-alive connections to an `EchoApp`, GET and POST in turns, each answer compared byte for
 * byte. After `Connection: close` the next request of that client opens a new connection; nothing is ever sent twice.
 */
export class SteadyLoad {
  sent = 0;
  answered = 0;
  /** Connections that were closed between two requests without a word: a request under way would have been lost. */
  silentCloses = 0;
  readonly failures: LoadFailure[] = [];
  private readonly startedAt = performance.now();
  private readonly idle: Client[];
  private readonly busy = new Set<Client>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly finish = Promise.withResolvers<void>();
  private readonly timer: ReturnType<typeof setInterval>;
  private isOver = false;

  constructor(private readonly options: SteadyLoadOptions) {
    this.idle = Array.from({ length: options.connections }, (_, id) => ({
      id,
      connection: null,
      process: "",
      since: 0,
    }));
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Sends nothing more. Resolves when the last answer is there. */
  end(): Promise<void> {
    this.isOver = true;
    this.settle();
    return this.finish.promise;
  }

  /** Resolves when every request that is under way now is over. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /** What failed so far is not held against what comes. */
  forget(): void {
    this.failures.length = 0;
    this.silentCloses = 0;
  }

  /** Clients by the process of the gateway that answered each last. */
  clientsByProcess(): Map<string, number[]> {
    const clients = [...this.idle, ...this.busy].filter(({ process }) => process !== "");
    const groups = Map.groupBy(clients, ({ process }) => process);
    return new Map(Array.from(groups, ([process, members]) => [process, members.map(({ id }) => id)]));
  }

  get processes(): Set<string> {
    return new Set(this.clientsByProcess().keys());
  }

  private tick(): void {
    const now = performance.now();
    const due = Math.floor(((now - this.startedAt) * this.options.perSecond) / 1_000);
    while (!this.isOver && this.sent < due) {
      const client = this.idle.shift();
      if (client === undefined) break;
      this.busy.add(client);
      const sending = this.send(client, this.sent++);
      this.underWay.add(sending);
      void sending.then(() => this.underWay.delete(sending));
    }
    for (const { since, connection } of this.busy) {
      if (now - since > PATIENCE_MS) connection?.ended(`no answer within ${PATIENCE_MS} ms`);
    }
    this.settle();
  }

  private async send(client: Client, number: number): Promise<void> {
    const { port, host, prefix = "" } = this.options;
    const { bytes, expected } = requestOf(host, prefix, number);
    const { connection: known } = client;
    const isNew = known === null || known.isClosed;
    const connection = isNew ? new LoadConnection(port, () => void this.silentCloses++) : known;
    client.connection = connection;
    client.since = performance.now();
    if (isNew) client.process = "";
    try {
      const answer = await connection.ask(bytes);
      client.process = answer.process;
      if (answer.status !== 200) this.fail(client, bytes, `status ${answer.status}: ${answer.body}`);
      else if (!answer.body.equals(expected)) this.fail(client, bytes, `${answer.body.length} wrong bytes`);
      else this.answered++;
    } catch (err) {
      this.fail(client, bytes, `${isNew ? "on a new connection: " : ""}${String(err)}`);
      connection.close();
    }
    this.busy.delete(client);
    this.idle.push(client);
    this.settle();
  }

  private fail({ id, process }: Client, bytes: Buffer, what: string): void {
    const request = bytes.toString("latin1", 0, bytes.indexOf("\r\n"));
    this.failures.push({ what, request, client: id, process, atMs: performance.now() - this.startedAt });
  }

  private settle(): void {
    if (!this.isOver || this.busy.size > 0) return;
    clearInterval(this.timer);
    for (const { connection } of this.idle) connection?.close();
    this.finish.resolve();
  }
}
