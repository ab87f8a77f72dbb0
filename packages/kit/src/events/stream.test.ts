import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { waitFor } from "../../test/wait-for.ts";
import type { Sql } from "../db/connect.ts";
import { announceAccessChange } from "../http/access-changes.ts";
import { emit } from "./emit.ts";
import type { CloudEvent } from "./event.ts";
import { type EventLog, startEventLog } from "./log.ts";
import { sequenceEvents } from "./store.ts";
import { type EventStreamOptions, eventStreamResponse, STREAM_TIMES } from "./stream.ts";

const HOME = Bun.randomUUIDv7();
const OTHER = Bun.randomUUIDv7();

let db: TestDatabase;
let sql: Sql;
let log: EventLog;
const open: { close(): void }[] = [];

beforeAll(async () => {
  db = await testDatabase([{ app: "shop" }]);
  sql = db.connect("shop");
  // A ring of 20 events: resuming goes through memory and through the table.
  log = await startEventLog({ sql, ring: { events: 20, bytes: 1024 * 1024 } });
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});
afterAll(async () => {
  await log.stop();
  await db.drop();
});

const place = (id: number, organisationId: string | null = HOME) =>
  emit(sql, { type: "shop.order.placed", source: "shop", organisationId, subject: `order-${id}`, data: { id } });

const OF_HOME = { types: ["shop.*"], organisationId: HOME, projectIds: null, mayStill: async () => true };

/** Reads a stream as a browser does: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
function read(options: Partial<EventStreamOptions> = {}, times: Partial<typeof STREAM_TIMES> = {}) {
  const stopping = new AbortController();
  const response = eventStreamResponse(
    { ...OF_HOME, log, ...options, signal: stopping.signal },
    { ...STREAM_TIMES, ...times },
  );
  const client = {
    response,
    events: [] as CloudEvent[],
    resets: 0,
    pings: 0,
    lastEventId: "",
    ended: false,
    error: null as unknown,
    close: () => stopping.abort(),
  };
  open.push(client);
  const consumeStream = async () => {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const fields = new Map(
          text
            .slice(0, end)
            .split("\n")
            .map((line) => line.split(/: (.*)/s) as [string, string]),
        );
        text = text.slice(end + 2);
        client.lastEventId = fields.get("id") ?? client.lastEventId;
        if (fields.get("") === "ping") client.pings += 1;
        if (fields.get("event") === "reset") client.resets += 1;
        else if (fields.has("data")) client.events.push(JSON.parse(fields.get("data")!));
      }
    }
    client.ended = true;
  };
  consumeStream().catch((err: unknown) => {
    client.error = err;
  });
  return client;
}

/** Until every event so far has its number, so that a new stream begins after it. */
const settled = () =>
  waitFor(async () => {
    const { head, pending } = await sequenceEvents(sql);
    return !pending && log.head() === head;
  });

const ids = (client: { events: CloudEvent[] }) => client.events.map((event) => event.data.id);

describe("a stream of events", () => {
  test("carries what happens from now on as CloudEvents, with the place in the log as id", async () => {
    await place(0);
    await settled();
    const client = read();
    await waitFor(() => client.lastEventId !== "");
    await place(1);
    await waitFor(() => client.events.length === 1);
    expect(client.events[0]).toEqual({
      specversion: "1.0",
      id: expect.any(String),
      type: "shop.order.placed",
      source: "/apps/shop",
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      datacontenttype: "application/json",
      subject: "order-1",
      sequence: client.lastEventId,
      organisationid: HOME,
      data: { id: 1 },
    });
    expect(client.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  });

  test("shows an organisation its own events only, and not those of the platform", async () => {
    await settled();
    const home = read();
    const all = read({ organisationId: "*" });
    const typed = read({ types: ["shop.stock.*"] });
    await waitFor(() => [home, all, typed].every((client) => client.lastEventId !== ""));
    await place(1, OTHER);
    await place(2, null);
    await place(3, HOME);
    await emit(sql, { type: "shop.stock.counted", source: "shop", organisationId: HOME, data: { id: 4 } });
    await waitFor(() => all.events.length === 4 && home.events.length === 2 && typed.events.length === 1);
    expect(ids(home)).toEqual([3, 4]);
    expect(ids(typed)).toEqual([4]);
  });

  test("shows projects their own events only, as they happen and when it resumes, and nothing without a project", async () => {
    await settled();
    const [shop, blog] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
    const placed = (id: number, projectId: string | null) =>
      emit(sql, { type: "shop.order.placed", source: "shop", organisationId: HOME, projectId, data: { id } });
    const all = [[shop], [shop, blog], []].map((projectIds) => read({ projectIds }, { pingMs: 30 }));
    await waitFor(() => all.every((client) => client.lastEventId !== ""));
    const begin = String(log.head());
    await placed(1, shop);
    await placed(2, null);
    await placed(3, blog);
    await placed(4, shop);
    await waitFor(() => all[1]?.events.length === 3);
    for (let id = 0; id < 30; id++) await place(id); // more than the ring has
    await settled();
    const again = [[shop], [shop, blog], []].map((projectIds) =>
      read({ projectIds, lastEventId: begin }, { pingMs: 30 }),
    );
    await waitFor(() => [...all, ...again].every((client) => client.lastEventId === String(log.head())));
    expect(all.map(ids)).toEqual([[1, 4], [1, 3, 4], []]);
    expect(again.map(ids)).toEqual([[1, 4], [1, 3, 4], []]);
  });

  test("ends for a client that may no longer, as soon as access has changed", async () => {
    await settled();
    let may = true;
    const client = read({ mayStill: async () => may });
    await waitFor(() => client.lastEventId !== "");
    announceAccessChange();
    await place(1);
    await waitFor(() => client.events.length === 1);
    may = false;
    announceAccessChange();
    await waitFor(() => client.ended);
  });

  test("that is cut again and again and resumes by Last-Event-ID misses nothing and repeats nothing", async () => {
    await settled();
    const first = read();
    await waitFor(() => first.lastEventId !== "");
    let lastEventId = first.lastEventId;
    const received: unknown[] = [];
    first.close();
    const writing = (async () => {
      for (let id = 1; id <= 200; id++) {
        await place(id);
        if (id % 3 === 0) await place(10_000 + id, OTHER);
      }
    })();
    while (received.length < 200) {
      const client = read({ lastEventId });
      await waitFor(() => client.events.length >= 7 || received.length + client.events.length >= 200);
      client.close();
      received.push(...ids(client));
      lastEventId = client.lastEventId;
    }
    await writing;
    expect(received).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });

  test.each([["999999999"], ["not-a-number"], ["-1"]])(
    "with the unknown id %s says reset and goes on with what happens",
    async (lastEventId) => {
      await settled();
      const client = read({ lastEventId });
      await waitFor(() => client.resets === 1);
      await place(1);
      await waitFor(() => client.events.length === 1);
      expect(client.lastEventId).toBe(String(log.head()));
    },
  );

  test("with an id whose successors were removed for their age says reset", async () => {
    await place(1);
    await settled();
    const { seq } = (await db.admin<[{ seq: number }]>`select last as seq from platform.event_sequence`)[0];
    await db.admin`update platform.event_sequence set pruned = ${seq}`;
    const client = read({ lastEventId: String(seq - 1) });
    await waitFor(() => client.resets === 1);
    await db.admin`update platform.event_sequence set pruned = 0`;
  });

  test("ends after a while, so that its client is let in anew, and goes on from there", async () => {
    await settled();
    const first = read({}, { maxAgeMs: 40 });
    await waitFor(() => first.ended || first.error !== null);
    expect(first.error).toBeNull();
    await place(1);
    await settled();
    const second = read({ lastEventId: first.lastEventId });
    await waitFor(() => second.events.length === 1);
    expect(ids(second)).toEqual([1]);
  });

  test("is not cut off for being quiet while its client takes what there is", async () => {
    const client = read({ types: ["shop.stock.*"] }, { stallMs: 20, maxAgeMs: 400 });
    await waitFor(() => client.ended || client.error !== null);
    expect(client.error).toBeNull();
  });

  test.each([
    ["another organisation", { organisationId: Bun.randomUUIDv7() }],
    ["other types", { types: ["shop.stock.*"] }],
  ])("says something now and then, and moves its id on, while only events of %s happen", async (_name, options) => {
    await settled();
    const client = read(options, { pingMs: 30 });
    await waitFor(() => client.lastEventId !== "");
    const begin = Number(client.lastEventId);
    await waitFor(async () => {
      await place(1, OTHER);
      return client.pings >= 3 && Number(client.lastEventId) > begin;
    });
    expect(client.events).toEqual([]);
  });

  test.each([
    ["that has taken what there was", 1],
    ["that waits for more", 2],
  ])("lets go of the log when it is cancelled by a client %s", async (_name, reads) => {
    let subscribers = 0;
    const counted: EventLog = {
      ...log,
      subscribe(types, listener) {
        const unsubscribe = log.subscribe(types, listener);
        subscribers += 1;
        return () => {
          subscribers -= 1;
          unsubscribe();
        };
      },
    };
    const { signal } = new AbortController();
    const response = eventStreamResponse({ ...OF_HOME, log: counted, types: ["shop.stock.*"], signal });
    const reader = response.body!.getReader();
    await reader.read();
    for (let n = 1; n < reads; n++) reader.read().catch(() => undefined);
    expect(subscribers).toBe(1);
    await reader.cancel();
    await waitFor(() => subscribers === 0);
  });

  test("ends when its request does", async () => {
    const client = read();
    await waitFor(() => client.lastEventId !== "");
    client.close();
    await waitFor(() => client.ended);
  });

  test("to a client that takes nothing makes nothing: memory stays flat, and what it missed comes from the table", async () => {
    let made = 0;
    const server = Bun.serve({
      port: 0,
      idleTimeout: 0,
      fetch(request) {
        const response = eventStreamResponse({ ...OF_HOME, log, signal: request.signal });
        const counter = new TransformStream<Uint8Array, Uint8Array>(
          {
            transform: (chunk, out) => {
              made += chunk.length;
              out.enqueue(chunk);
            },
          },
          undefined,
          { highWaterMark: 0 },
        );
        return new Response(response.body!.pipeThrough(counter), response);
      },
    });
    const sent: Uint8Array[] = [];
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port!,
      socket: { data: (_socket, chunk) => void sent.push(chunk) },
    });
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor(() => sent.length > 0);
    socket.pause();
    const text = "x".repeat(60_000);
    const count = 300;
    for (let id = 0; id < count; id++)
      await emit(sql, { type: "shop.order.placed", source: "shop", organisationId: HOME, data: { id, text } });
    const total = count * text.length;
    // The kernel's buffers take some megabytes on loopback; the rest must not have been made.
    expect(made).toBeLessThan(total / 2);
    socket.resume();
    await waitFor(() => sent.reduce((sum, chunk) => sum + chunk.length, 0) > total, { timeoutMs: 20_000 });
    const received = Buffer.concat(sent).toString();
    expect([...received.matchAll(/"data":\{"id":(\d+)/g)].map((match) => Number(match[1]))).toEqual(
      Array.from({ length: count }, (_, id) => id),
    );
    socket.end();
    await server.stop(true);
  });
});
