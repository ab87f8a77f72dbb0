import { afterAll, beforeAll, expect, test } from "bun:test";
import { emit } from "@homeport/kit/events/emit.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { app } from "../src/index.ts";

let dashboard: TestApp;

beforeAll(async () => {
  dashboard = await startTestApp(app);
}, 60_000);
afterAll(async () => {
  await dashboard.stop();
});

test("the front page leads to the projects", async () => {
  const response = await dashboard.request("/");
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe("/projects");
});

test("a path that no app has is 404, as a page for browsers and as problem+json for programs", async () => {
  const program = await dashboard.request("/nowhere", { headers: { accept: "application/json" } });
  expect(program.status).toBe(404);
  expect(program.headers.get("content-type")).toContain("application/problem+json");
  const browser = await dashboard.request("/nowhere", { headers: { accept: "text/html" } });
  expect(browser.status).toBe(404);
  expect(browser.headers.get("content-type")).toContain("text/html");
  expect(await browser.text()).toContain("<title>");
});

test("assets are served for ever under their content's name, and nothing else is", async () => {
  const found = await dashboard.request(dashboard.platform.assets?.css ?? "");
  expect(found.status).toBe(200);
  expect(found.headers.get("cache-control")).toContain("immutable");
  expect((await dashboard.request("/public/../package.json")).status).toBe(404);
  expect((await dashboard.request("/public/nothing.js")).status).toBe(404);
});

test("events of an organisation reach its members and nobody else", async () => {
  const { home } = dashboard;
  const other = dashboard.organisation("other");
  expect((await dashboard.request("/api/v1/dashboard/events")).status).toBe(401);
  const stopping = new AbortController();
  const read = async (headers: Record<string, string>) => {
    const response = await dashboard.request("/api/v1/dashboard/events?types=dashboard.*", {
      headers: { ...headers, "last-event-id": "0" },
      signal: stopping.signal,
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    return { response, reader };
  };
  const mine = await read(home.headers("viewer"));
  const theirs = await read(other.headers("owner"));
  expect(mine.response.headers.get("content-type")).toContain("text/event-stream");
  const { admin } = dashboard.platform;
  await emit(admin, {
    type: "dashboard.tried",
    source: "dashboard",
    organisationId: other.id,
    data: { canary: "theirs" },
  });
  await emit(admin, {
    type: "dashboard.tried",
    source: "dashboard",
    organisationId: home.id,
    data: { canary: "mine" },
  });
  expect(await readUntil(mine.reader, "mine")).not.toContain("theirs");
  expect(await readUntil(theirs.reader, "theirs")).not.toContain("mine");
  stopping.abort();
});

test("types of events that are no types are refused", async () => {
  const response = await dashboard.json(
    "GET",
    "/api/v1/dashboard/events?types=a%20b",
    dashboard.home.headers("viewer"),
  );
  expect(response.status).toBe(400);
  expect(response.body.detail).toContain("types");
});

test("the description of all APIs names apps that do not answer", async () => {
  const { status, body } = await dashboard.json("GET", "/api/openapi.json", {});
  expect(status).toBe(200);
  expect(body.openapi).toStartWith("3.1");
});

const readUntil = async (reader: ReadableStreamDefaultReader<Uint8Array>, word: string): Promise<string> => {
  let text = "";
  const decoder = new TextDecoder();
  while (!text.includes(word)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended after: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return text;
};
