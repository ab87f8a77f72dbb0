import type { CertificateStore } from "../src/tls/certificate-store.ts";
import { listenTls, type TlsListener, type TlsListenerOptions } from "../src/tls/listen-tls.ts";
import { until } from "./until.ts";

/** What hangs on a socket of the test server, like a connection of the data plane does. */
export class ServedConnection {
  receivedBytes = 0;
  drainCount = 0;
  isClosed = false;
  hasEnded = false;

  constructor(readonly socket: Bun.Socket<ServedConnection>) {}
}

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Answers every piece of data with "ok", and closes when it is asked to. */
export class TlsServer {
  readonly connections: ServedConnection[] = [];
  readonly errors: string[] = [];
  private readonly listener: TlsListener;

  constructor(
    store: CertificateStore,
    options: Partial<TlsListenerOptions<ServedConnection>> = {},
    onDrain?: (connection: ServedConnection) => void,
  ) {
    this.listener = listenTls<ServedConnection>({
      hostname: "127.0.0.1",
      port: 0,
      reusePort: false,
      ...options,
      store,
      handlers: {
        open: (socket) => {
          socket.data = new ServedConnection(socket);
          this.connections.push(socket.data);
        },
        data(socket, bytes) {
          socket.data.receivedBytes += bytes.length;
          socket.write(ANSWER);
          if (bytes.includes("Connection: close")) socket.end();
        },
        drain(socket) {
          socket.data.drainCount++;
          onDrain?.(socket.data);
        },
        end(socket) {
          socket.data.hasEnded = true;
        },
        close: ({ data }: { data: ServedConnection | undefined }) => {
          if (data === undefined) this.errors.push("A connection was closed that never was open.");
          else data.isClosed = true;
        },
        error: (_socket, err) => void this.errors.push(err.message),
      },
    });
  }

  get port(): number {
    return this.listener.port;
  }

  get last(): ServedConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("Nobody has connected.");
    return last;
  }

  /** With TLS 1.3 a client is done with the handshake before the server is. */
  async accepted(count: number): Promise<ServedConnection> {
    await until("the connection is up", () => this.connections.length >= count);
    return this.last;
  }

  /** Accepts no more. */
  stopListening(): void {
    this.listener.stop();
  }

  close(): void {
    this.listener.stop();
    for (const { socket } of this.connections) socket.terminate();
  }
}
