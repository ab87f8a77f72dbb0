import { afterAll, expect, test } from "bun:test";
import { DomainError, readEvents, type ServerSentEvent } from "../src/index.ts";

/** One connection to the server: what it was asked, and what it sends. */
type Connection = (request: Request) => Response;

let connections: Connection[] = [];
const asked: (string | null)[] = [];
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  development: false,
  error: () => new Response(),
  fetch: (request) => {
    asked.push(request.headers.get("last-event-id"));
    const connection = connections.shift();
    return connection?.(request) ?? new Response("nothing more in this test", { status: 404 });
  },
});
afterAll(() => server.stop(true));

const options = { url: `http://127.0.0.1:${server.port}`, token: () => "hp_x", reconnectMs: 1 };

/** Sends the text and ends, or stays open, or breaks. */
const stream =
  (text: string, then: "end" | "stay" | "break" = "end"): Connection =>
  () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(text));
          if (then === "end") controller.close();
          if (then === "break") setTimeout(() => controller.error(new Error("broken")), 5);
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    );

const read = async (script: Connection[], more: Partial<typeof options & { silenceMs: number }> = {}) => {
  connections = script;
  asked.length = 0;
  const events: ServerSentEvent[] = [];
  const signal = AbortSignal.timeout(4_000);
  for await (const event of readEvents({ ...options, ...more }, "/tail", signal)) events.push(event);
  return events.map(({ data }) => data);
};

const END = "event: end\ndata: {}\n\n";

test("a stream is read to its end, with the token", async () => {
  let authorization: string | null = null;
  const first: Connection = (request) => {
    authorization = request.headers.get("authorization");
    return stream(`id: 1\ndata: a\n\nid: 2\ndata: b\n\n${END}data: never\n\n`, "stay")(request);
  };
  expect(await read([first])).toEqual(["a", "b"]);
  expect(authorization as string | null).toBe("Bearer hp_x");
});

test("across connections that end, break or are refused for now it resumes after the last message it gave out", async () => {
  const restarting: Connection = () => new Response("<html>", { status: 502 });
  const script = [
    stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: hal"),
    restarting,
    stream("id: 3\ndata: c\n\n", "break"),
    stream(": quiet\n\n"),
    stream(`data: d\n\nid: 5\ndata: e\n\n${END}`),
  ];
  expect(await read(script)).toEqual(["a", "b", "c", "d", "e"]);
  expect(asked).toEqual([null, "2", "2", "3", "3"]);
});

test("it resumes after the last id it was told, also with a ping", async () => {
  const script = [
    stream("retry: 2000\nid: 7\n\n"),
    stream(`id: 8\ndata: a\n\n: ping\nid: 9\n\nid: 10`),
    stream(`data: b\n\n${END}`),
  ];
  expect(await read(script)).toEqual(["a", "b"]);
  expect(asked).toEqual([null, "7", "9"]);
});

test("a connection that is silent for too long is left for a new one", async () => {
  const script = [stream("id: 1\ndata: a\n\n", "stay"), stream(`id: 2\ndata: b\n\n${END}`)];
  expect(await read(script, { silenceMs: 50 })).toEqual(["a", "b"]);
  expect(asked).toEqual([null, "1"]);
});

test("a stream that is refused for good is an error with the platform's words", async () => {
  const refuse: Connection = () =>
    Response.json({ status: 404, code: "not_found", detail: "There is no such log." }, { status: 404 });
  const err = await read([refuse]).catch((thrown: unknown) => thrown);
  expect(err).toBeInstanceOf(DomainError);
  expect((err as DomainError).message).toBe("There is no such log.");
  expect(asked).toHaveLength(1);
});

test("it stops when it is told to, while it reads and while it waits", async () => {
  connections = [stream("id: 1\ndata: a\n\n", "stay")];
  const stopping = new AbortController();
  for await (const _event of readEvents(options, "/tail", stopping.signal)) stopping.abort();
  const waiting = new AbortController();
  connections = [stream("id: 1\ndata: a\n\n")];
  for await (const _event of readEvents({ ...options, reconnectMs: 60_000 }, "/tail", waiting.signal)) {
    setTimeout(() => waiting.abort(), 20);
  }
  expect(connections).toEqual([]);
});

test("who stops reading lets go of the connection", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  connections = [
    (request) => {
      request.signal.addEventListener("abort", () => resolve());
      return stream("id: 1\ndata: a\n\n", "stay")(request);
    },
  ];
  for await (const _event of readEvents(options, "/tail", new AbortController().signal)) break;
  await promise;
});
