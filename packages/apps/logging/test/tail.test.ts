import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { TAIL_TIMES } from "../src/api/tail.ts";
import { app } from "../src/index.ts";

type Headers = Record<string, string>;

let platform: TestApp;
let ci: Headers;
beforeAll(async () => {
  platform = await startTestApp(app);
  ci = await platform.asApp("ci");
}, 60_000);
afterAll(() => platform?.stop());

const api = (path: string) => `/api/v1/logging/streams${path}`;
const create = async (): Promise<string> => {
  const streamId = `build.${newId()}`;
  await platform.json("POST", api(""), ci, { streamId, organisationId: platform.home.id, projectId: newId() });
  return streamId;
};
const append = async (id: string, texts: string[], offset: number): Promise<void> => {
  const body = texts.map((text) => JSON.stringify({ at: "2026-05-01T12:00:00Z", stream: "stdout", text })).join("\n");
  const response = await platform.request(api(`/${id}/append?writer=w&offset=${offset}`), {
    method: "POST",
    headers: ci,
    body,
  });
  expect(response.status).toBe(200);
};
const end = (id: string) => platform.json("POST", api(`/${id}/end`), ci, {});

/** What an EventSource sees. */
const follow = async (id: string, query = "", headers: Headers = {}) => {
  const leaving = new AbortController();
  const response = await platform.request(api(`/${id}/tail${query}`), {
    headers: { ...platform.home.headers("viewer"), ...headers },
    signal: leaving.signal,
  });
  const seen: { id: string | undefined; event: string | undefined; data: string }[] = [];
  let isOver = false;
  const reading = (async () => {
    let text = "";
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) {
        const field = (name: string) => message.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
        const data = field("data");
        if (data !== undefined) seen.push({ id: field("id"), event: field("event"), data });
      }
    }
    isOver = true;
  })().catch(() => undefined);
  return {
    response,
    seen,
    isOver: () => isOver,
    numbers: () => seen.filter(({ event }) => event === undefined).map((each) => Number(each.id)),
    async leave() {
      leaving.abort();
      await reading;
    },
  };
};
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("a tail", () => {
  test("gives what is there, then each new line, then the end", async () => {
    const id = await create();
    await append(id, ["one", "two"], 0);
    const tail = await follow(id, "?after=0");
    expect(tail.response.headers.get("content-type")).toStartWith("text/event-stream");
    await waitFor(() => tail.seen.length === 2);
    await append(id, ["three"], 2);
    await waitFor(() => tail.seen.length === 3);
    expect(tail.seen[2]).toEqual({
      id: "3",
      event: undefined,
      data: JSON.stringify({ n: 3, at: "2026-05-01T12:00:00.000Z", stream: "stdout", text: "three" }),
    });
    await end(id);
    await waitFor(() => tail.isOver());
    expect(tail.seen.at(-1)).toMatchObject({ event: "end" });
  });

  test("is told of a new line at once, not at the next look", async () => {
    const id = await create();
    const tail = await follow(id, "?after=0");
    await append(id, ["zero"], 0);
    await waitFor(() => tail.seen.length === 1); // by now it listens
    const times: number[] = [];
    for (let n = 1; n <= 5; n++) {
      const sentAt = performance.now();
      await append(id, [`line ${n}`], n);
      await waitFor(() => tail.seen.length === n + 1);
      times.push(performance.now() - sentAt);
    }
    expect(times.toSorted((a, b) => a - b)[2]).toBeLessThan(500); // looking alone takes a second
    await tail.leave();
  });

  test("of a log that has ended is complete and over", async () => {
    const id = await create();
    await append(id, ["one"], 0);
    await end(id);
    const tail = await follow(id);
    await waitFor(() => tail.isOver());
    expect(tail.seen.map(({ event }) => event)).toEqual([undefined, "end"]);
  });

  test("goes on exactly where it was, however it says so", async () => {
    const id = await create();
    await append(id, numbers(1, 3_000).map(String), 0);
    for (const [query, headers] of [
      ["?after=1234", {}],
      ["", { "last-event-id": "1234" }],
      ["?after=5", { "last-event-id": "1234" }], // the browser's own word is the newer one
    ] as const) {
      const tail = await follow(id, query, headers);
      await waitFor(() => tail.numbers().length === 3_000 - 1234);
      expect(tail.numbers()).toEqual(numbers(1235, 3_000));
      await tail.leave();
    }
  });

  test("that says nothing begins a thousand lines before the end", async () => {
    const id = await create();
    await append(id, numbers(1, 3_000).map(String), 0);
    const tail = await follow(id);
    await waitFor(() => tail.numbers().length === 1_000);
    expect(tail.numbers()[0]).toBe(2_001);
    await tail.leave();
  });

  test("loses and doubles nothing while it is cut again and again", async () => {
    const id = await create();
    const writing = (async () => {
      for (let i = 0; i < 40; i++) await append(id, numbers(i * 50 + 1, i * 50 + 50).map(String), i * 50);
      await end(id);
    })();
    const all: number[] = [];
    for (let isOver = false; !isOver; ) {
      const tail = await follow(id, `?after=${all.at(-1) ?? 0}`);
      const wanted = 1 + (all.length % 97);
      await waitFor(() => tail.seen.length >= wanted || tail.isOver());
      await tail.leave();
      all.push(...tail.numbers());
      isOver = tail.seen.some(({ event }) => event === "end");
    }
    await writing;
    expect(all).toEqual(numbers(1, 2_000));
  });

  test("hears of lines when announcements do not arrive", async () => {
    const id = await create();
    const tail = await follow(id, "?after=0");
    const admin = platform.database.admin;
    await append(id, ["one"], 0);
    await waitFor(() => tail.seen.length === 1);
    await admin`update logging.streams set ended_at = now() where id = ${id}`; // nobody announces this
    await waitFor(() => tail.isOver());
    expect(tail.seen.at(-1)).toMatchObject({ event: "end" });
  });

  test("of a log that is removed is over", async () => {
    const id = await create();
    const tail = await follow(id);
    await platform.database.admin`delete from logging.streams where id = ${id}`;
    await waitFor(() => tail.isOver());
  });

  test("lasts a minute at most, so that who may read no longer is refused when it comes back", () => {
    expect(TAIL_TIMES.maxAgeMs).toBeLessThanOrEqual(60_000);
  });

  test("that is asked for nonsense says so", async () => {
    const id = await create();
    const answer = await platform.json("GET", api(`/${id}/tail?after=x`), platform.home.headers("viewer"));
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid" } });
  });
});
