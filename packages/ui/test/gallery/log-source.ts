import type { LogLine } from "@homeport/ui/log-view";

const SAMPLE = [
  "\u001b[36m==>\u001b[0m Detected preset \u001b[1mbun\u001b[0m (bun.lock found)",
  "$ bun install --frozen-lockfile",
  "\u001b[32m+\u001b[0m hono@4.13.19",
  "\u001b[2m218 packages installed [412.00ms]\u001b[0m",
  "\u001b[33mwarn\u001b[0m: the field \u001b[4mengines\u001b[0m names no version of Bun",
  "\u001b[41m FAIL \u001b[0m \u001b[31merror: cannot find module './missing'\u001b[0m",
  "\u001b[38;5;208mpalette\u001b[0m and \u001b[38;2;120;200;90mtrue colour\u001b[0m and \u001b[7mreverse\u001b[0m",
  "GET /health 200 in 3 ms",
];

export const sampleLine = (n: number): LogLine => ({
  n,
  at: new Date(Date.UTC(2026, 10, 20, 22, 14, 0, n * 37)).toISOString(),
  stream: n % 8 === 6 ? "stderr" : "stdout",
  text: SAMPLE[(n - 1) % SAMPLE.length] ?? "",
});

interface Connection {
  send(text: string): void;
  drop(): void;
}

/** A log that a test writes to, with the protocol that the README describes. Keeps what clients asked for. */
export class LogSource {
  lines: LogLine[] = [];
  requests: { lastEventId: string | null; after: string | null }[] = [];
  /** While true, connections are refused with 503, as during a restart. */
  refuse = false;
  /** The answer to everybody, as to somebody who is signed out. */
  refusal: 401 | 403 | null = null;
  #open = new Set<Connection>();
  #changed = Promise.withResolvers<void>();

  add(count: number): void {
    for (let index = 0; index < count; index++) this.write(sampleLine(this.lines.length + 1));
  }

  write(line: LogLine): void {
    this.lines.push(line);
    for (const one of this.#open) one.send(frame(line));
  }

  end(): void {
    for (const one of this.#open) one.send("event: end\ndata: {}\n\n");
  }

  /** Cuts every connection, as a dying server does. */
  drop(): void {
    for (const one of this.#open) one.drop();
    this.#open.clear();
  }

  reset(): void {
    this.drop();
    this.lines = [];
    this.requests = [];
    this.refuse = false;
    this.refusal = null;
  }

  /** Resolves when no client is connected. */
  async untilClosed(): Promise<void> {
    while (this.#open.size > 0) await this.#changed.promise;
  }

  get openCount(): number {
    return this.#open.size;
  }

  stream(req: Request): Response {
    const url = new URL(req.url);
    const lastEventId = req.headers.get("last-event-id");
    const after = url.searchParams.get("after");
    this.requests.push({ lastEventId, after });
    if (this.refusal !== null) return new Response("no", { status: this.refusal });
    if (this.refuse) return new Response("restarting", { status: 503 });
    const from = Number(
      lastEventId ?? after ?? Math.max(0, this.lines.length - Number(url.searchParams.get("tail") ?? 200)),
    );
    const encoder = new TextEncoder();
    const open = this.#open;
    let own: Connection;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = {
          send: (text) => controller.enqueue(encoder.encode(text)),
          drop: () => controller.close(),
        };
        open.add(own);
        own.send(
          `retry: 100\n\n${this.lines
            .filter((line) => line.n > from)
            .map(frame)
            .join("")}`,
        );
      },
      cancel: () => {
        open.delete(own);
        this.#changed.resolve();
        this.#changed = Promise.withResolvers<void>();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }

  history(req: Request): Response {
    const url = new URL(req.url);
    if (this.refuse) return new Response("restarting", { status: 503 });
    const before = Number(url.searchParams.get("before") ?? Number.MAX_SAFE_INTEGER);
    const limit = Number(url.searchParams.get("limit"));
    return Response.json({ lines: this.lines.filter((line) => line.n < before).slice(-limit) });
  }
}

const frame = (line: LogLine): string => `id: ${line.n}\ndata: ${JSON.stringify(line)}\n\n`;
