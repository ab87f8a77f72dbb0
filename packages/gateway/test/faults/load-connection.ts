const HEAD_END = "\r\n\r\n";

export type LoadAnswer = {
  status: number;
  body: Buffer;
  /** Which process of a gateway answered: the end of its request ids, which is random per process. */
  process: string;
};

/**
 * One keep-alive connection of a well-behaved client: one request at a time, answers with a Content-Length. It repeats
 * nothing; whatever ends it before an answer is whole is an error. After `Connection: close` it is closed.
 */
export class LoadConnection {
  isClosed = false;
  /** Null until it stands. */
  private socket: Bun.Socket<LoadConnection> | null = null;
  private received: Buffer | null = null;
  private unsent: Buffer | null = null;
  private waiting: PromiseWithResolvers<LoadAnswer> | null = null;

  constructor(
    port: number,
    /** Called when the other side closes while nothing is under way, without having said so before. */
    private readonly onSilentClose: () => void,
  ) {
    const where = { hostname: "127.0.0.1", port };
    Bun.connect({ ...where, data: this as LoadConnection, socket: HANDLERS }).catch((err: unknown) =>
      this.ended(String(err)),
    );
  }

  /** Rejects when the connection ends, or cannot be had, before the whole answer is there. */
  ask(request: Buffer): Promise<LoadAnswer> {
    this.waiting = Promise.withResolvers();
    this.unsent = request;
    this.flush();
    return this.waiting.promise;
  }

  close(): void {
    this.isClosed = true;
    this.socket?.terminate();
  }

  opened(socket: Bun.Socket<LoadConnection>): void {
    this.socket = socket;
    if (this.isClosed) socket.terminate();
    else this.flush();
  }

  flush(): void {
    if (this.unsent === null || this.socket === null) return;
    const written = Math.max(0, this.socket.write(this.unsent));
    this.unsent = written === this.unsent.length ? null : this.unsent.subarray(written);
  }

  receive(chunk: Buffer): void {
    const bytes = this.received === null ? chunk : Buffer.concat([this.received, chunk]);
    this.received = bytes;
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = bytes.toString("latin1", 0, headEnd);
    const bodyAt = headEnd + HEAD_END.length;
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    if (bytes.length < bodyAt + length) return;
    this.received = null;
    if (/^connection: close$/im.test(head)) this.close();
    this.waiting?.resolve({
      status: Number(head.slice(9, 12)),
      body: bytes.subarray(bodyAt),
      process: /^x-request-id: .*(.{10})$/im.exec(head)?.[1] ?? "",
    });
    this.waiting = null;
  }

  ended(why: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { waiting, received } = this;
    this.waiting = null;
    if (waiting === null) this.onSilentClose();
    else waiting.reject(new Error(`${why} after ${received?.length ?? 0} bytes of the answer`));
  }
}

const HANDLERS: Bun.SocketHandler<LoadConnection> = {
  open: (socket) => socket.data.opened(socket),
  data: (socket, chunk) => socket.data.receive(chunk),
  drain: (socket) => socket.data.flush(),
  end: (socket) => {
    socket.data.ended("FIN");
    socket.end();
  },
  close: (socket, err) => socket.data.ended(err === undefined || err === null ? "closed" : err.message),
  error: (socket, err) => socket.data.ended(err.message),
  connectError: (socket, err) => socket.data.ended(err.message),
};
