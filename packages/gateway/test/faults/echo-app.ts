const FILLING = Buffer.alloc(100_000, "0123456789abcdef");
/** One body among so many is larger than a read of a socket; most are small, as most answers of real apps are. */
const LARGE_EVERY = 100;
const LARGE_BYTES = FILLING.length;

export type LoadRequest = { bytes: Buffer; expected: Buffer };

/** The request with this number, GET and POST in turns, and the body that must come back. */
export function requestOf(host: string, prefix: string, number: number): LoadRequest {
  const expected = contentOf(number);
  if (number % 2 === 0) {
    const head = `GET ${prefix}/${number} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/plain\r\n\r\n`;
    return { bytes: Buffer.from(head, "latin1"), expected };
  }
  const head = `POST ${prefix}/${number} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${expected.length}\r\n\r\n`;
  return { bytes: Buffer.concat([Buffer.from(head, "latin1"), expected]), expected };
}

function contentOf(number: number): Buffer {
  const isLarge = number % LARGE_EVERY < 2; // one GET and one POST
  const length = isLarge ? LARGE_BYTES : 20 + (number % 500);
  return Buffer.concat([Buffer.from(`${number}:`), FILLING.subarray(number % 16, length)]);
}

/** A real server that answers `requestOf`: text by its number, and what was posted. */
export class EchoApp {
  requestCount = 0;
  /** Of requests that have not been answered. */
  pending = 0;
  private lastAt = performance.now();
  private readonly server: Bun.Server<undefined>;

  /** On a port, or on the unix socket of this path, as apps on one machine listen. */
  constructor(private readonly unix: string | null = null) {
    const where = unix === null ? { port: 0, hostname: "127.0.0.1" } : { unix };
    this.server = Bun.serve({ ...where, fetch: (request) => this.answer(request) });
  }

  /** 0 on a unix socket. */
  get port(): number {
    return this.server.port ?? 0;
  }

  get baseUrl(): string {
    return this.unix === null ? `http://127.0.0.1:${this.port}` : `unix:${this.unix}`;
  }

  /** Since when nobody asked, in milliseconds; 0 while somebody waits. */
  get idleMs(): number {
    return this.pending > 0 ? 0 : performance.now() - this.lastAt;
  }

  /** Closes the listener; what runs may finish. */
  stop(): Promise<void> {
    return this.server.stop();
  }

  kill(): Promise<void> {
    return this.server.stop(true);
  }

  private async answer(request: Request): Promise<Response> {
    this.requestCount++;
    this.pending++;
    this.lastAt = performance.now();
    try {
      if (request.method === "POST") return new Response(await request.bytes());
      return new Response(new Uint8Array(contentOf(Number(request.url.slice(request.url.lastIndexOf("/") + 1)))));
    } finally {
      this.pending--;
      this.lastAt = performance.now();
    }
  }
}
