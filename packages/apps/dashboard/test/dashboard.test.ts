import { afterAll, beforeAll, expect, test } from "bun:test";
import { startApp } from "@homeport/kit/app.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { appKey } from "@homeport/kit/registry/keys.ts";
import type { AppRecord } from "@homeport/kit/registry/record.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { appDocuments } from "../src/adapters/app-documents.ts";
import { app } from "../src/index.ts";
import { createApiDescription } from "../src/service/openapi.ts";

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
  const head = await dashboard.request(dashboard.platform.assets?.css ?? "", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
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

test("an open stream of events does not hold up the app's stop", async () => {
  const leaving = await startApp(app, dashboard.platform);
  const response = await fetch("http://app/api/v1/dashboard/events", {
    unix: leaving.baseUrl.slice("unix:".length),
    headers: dashboard.home.headers("viewer"),
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await readUntil(reader, "retry");
  const readToEnd = async () => {
    while (!(await reader.read()).done);
  };
  await Promise.all([leaving.stop(), readToEnd()]); // a stream that is cut would be an error, and take 10 s
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

test("one description has the APIs of all apps, and names those that do not answer", async () => {
  const operation = (operationId: string) => ({ get: { operationId, summary: "x" } });
  let asked = 0;
  const describe = createApiDescription(
    dashboard.platform.valkey,
    async (path) => {
      asked += 1;
      if (path.includes("/ci/")) throw new Error("away");
      return { paths: { "/jobs": operation("jobs.get") } };
    },
    "1",
    () => now,
  );
  let now = 0;
  for (const id of ["ci", "git", "tasks"]) await register(id);
  const document = (await describe()) as { openapi: string; info: object; paths: object };
  expect(document.openapi).toStartWith("3.1");
  expect(document.info).toEqual({ title: "Homeport", version: "1", "x-missing-apps": ["ci"] });
  expect(document.paths).toMatchObject({
    "/api/v1/git/jobs": operation("git.jobs.get"),
    "/api/v1/tasks/jobs": operation("tasks.jobs.get"),
  });
  const before = asked;
  now = 9_999;
  await Promise.all([describe(), describe()]);
  expect(asked).toBe(before);
  now = 10_000;
  await Promise.all([describe(), describe()]);
  expect(asked).toBe(before * 2);
  expect((await dashboard.json("GET", "/api/openapi.json", {})).status).toBe(200);
});

test("only a good answer of this platform is a description", async () => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const path = new URL(request.url).pathname;
      if (path === "/good") return Response.json({ paths: { "/x": { get: { operationId: "x" } } }, more: 1 });
      if (path === "/away") return Response.json({ status: 404, code: "not_found" }, { status: 404 });
      if (path === "/moved") return Response.redirect("/good");
      return new Response("x".repeat(9 * 1024 * 1024));
    },
  });
  try {
    const fetchDocument = appDocuments(`http://127.0.0.1:${server.port}`);
    expect(await fetchDocument("/good")).toEqual({ paths: { "/x": { get: { operationId: "x" } } } });
    for (const path of ["/away", "/moved", "/large", "//127.0.0.1:1/good", "http://127.0.0.1:1/good"]) {
      expect(fetchDocument(path)).rejects.toThrow();
    }
  } finally {
    await server.stop(true);
  }
});

const register = (id: string) => {
  const record: AppRecord = {
    schema: 1,
    id,
    name: id,
    icon: "x",
    instance: Bun.randomUUIDv7(),
    version: "1",
    state: "ready",
    baseUrl: "http://127.0.0.1:1",
    routes: [],
    nav: [],
    commands: [],
    widgets: [],
    openapi: `/api/v1/${id}/openapi.json`,
    startedAt: new Date().toISOString(),
    renewedAt: new Date().toISOString(),
  };
  return dashboard.platform.valkey.set(appKey(id, record.instance), JSON.stringify(record));
};

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
