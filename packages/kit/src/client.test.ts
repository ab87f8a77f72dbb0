import { afterAll, expect, test } from "bun:test";
import { z } from "zod";
import { clientError, clientOf, errorFrom } from "./client.ts";
import { route } from "./contract.ts";
import { DomainError } from "./errors.ts";

const contract = {
  get: route({
    method: "GET",
    path: "/things/{thing}",
    action: "thing:read",
    resource: "organisation",
    summary: "Show a thing",
    input: z.object({ thing: z.string() }),
    output: z.object({ name: z.string() }),
  }),
};

let answer: (request: Request) => Response | Promise<Response>;
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => answer(request) });
afterAll(() => server.stop(true));
const options = { url: `http://127.0.0.1:${server.port}`, token: () => "hp_x" };
const get = async (changes = {}) => {
  try {
    return await clientOf(contract, "shop", { ...options, ...changes }).get({ thing: "a b" });
  } catch (err) {
    return clientError(err);
  }
};

test("a call carries the token and fills the path", async () => {
  answer = (request) =>
    Response.json({ name: `${new URL(request.url).pathname} ${request.headers.get("authorization")}` });
  expect(await get()).toEqual({ name: "/api/v1/shop/things/a%20b Bearer hp_x" });
});

test("an error arrives as the error it was", async () => {
  answer = () =>
    Response.json(
      { status: 429, code: "rate_limited", detail: "Slower.", errors: [{ path: "a", message: "b" }] },
      { status: 429, headers: { "retry-after": "9" } },
    );
  expect(await get()).toMatchObject({
    code: "rate_limited",
    message: "Slower.",
    issues: [{ path: "a", message: "b" }],
    retryAfterSeconds: 9,
  });
});

const odd: { name: string; answer: () => Response; code: string; message: RegExp }[] = [
  {
    name: "a page of something in between",
    answer: () => new Response("<html>bad gateway", { status: 502 }),
    code: "unavailable",
    message: /HTTP 502: <html>/,
  },
  {
    name: "a 404 without a problem",
    answer: () => new Response("nope", { status: 404 }),
    code: "not_found",
    message: /nope/,
  },
  {
    name: "a code that nobody knows",
    answer: () => Response.json({ status: 418, code: "toString", detail: "Tea." }, { status: 418 }),
    code: "unavailable",
    message: /Tea/,
  },
  {
    name: "a redirect, which is not followed",
    answer: () => new Response(null, { status: 302, headers: { location: "http://evil.example" } }),
    code: "unavailable",
    message: /HTTP 302/,
  },
];
for (const { name, answer: odds, code, message } of odd) {
  test(name, async () => {
    answer = odds;
    const err = (await get()) as DomainError;
    expect(err).toBeInstanceOf(DomainError);
    expect(err.code).toBe(code as DomainError["code"]);
    expect(err.message).toMatch(message);
  });
}

test("an answer that breaks the contract's promise of time is unavailable", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  answer = () => promise;
  expect(await get({ timeoutMs: 50 })).toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("does not answer"),
  });
  resolve(new Response());
});

test("nobody there is unavailable and says who", async () => {
  expect(await get({ url: "http://127.0.0.1:1" })).toMatchObject({
    code: "unavailable",
    message: "http://127.0.0.1:1 does not answer.",
  });
});

test("of an endless error only the start is read", async () => {
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 1;
      controller.enqueue(new Uint8Array(16 * 1024).fill(120));
    },
  });
  const err = await errorFrom(new Response(endless, { status: 500 }));
  expect(err.message.length).toBeLessThan(400);
  expect(sent).toBeLessThan(20);
});
