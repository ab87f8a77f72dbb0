import { expect, test } from "bun:test";
import { streamRefusal } from "./stream-refusal.ts";

const answerOf = async (status: number): Promise<number | null> => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // A stream that is let in goes on: nobody may wait for its end.
    fetch: () =>
      new Response(status === 200 ? new ReadableStream({ start: (stream) => stream.enqueue(": open\n\n") }) : "no", {
        status,
      }),
  });
  try {
    return await streamRefusal(server.url.href, new AbortController().signal);
  } finally {
    await server.stop(true);
  }
};

test("a stream is refused to who is signed out or may not read, and to nobody else", async () => {
  expect(await Promise.all([401, 403, 404].map(answerOf))).toEqual([401, 403, 404]);
  expect(await Promise.all([200, 429, 500, 503].map(answerOf))).toEqual([null, null, null, null]);
});

test("nobody can say why a server does not answer", async () => {
  expect(await streamRefusal("http://127.0.0.1:1/", new AbortController().signal)).toBeNull();
});
