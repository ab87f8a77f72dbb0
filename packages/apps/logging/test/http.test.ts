import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { emit } from "@homeport/kit/events/emit.ts";
import { newId } from "@homeport/kit/ids.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { app } from "../src/index.ts";

type Headers = Record<string, string>;

let platform: TestApp;
let ci: Headers;
let agent: Headers;
let viewer: Headers;
let foreign: Headers;
beforeAll(async () => {
  platform = await startTestApp(app);
  ci = await platform.asApp("ci");
  agent = await platform.identity({ kind: "agent", nodeId: newId() });
  viewer = platform.home.headers("viewer");
  foreign = platform.organisation("elsewhere").headers("owner");
}, 60_000);
afterAll(() => platform?.stop());

const api = (path: string) => `/api/v1/logging/streams${path}`;
const jobHeaders = (jobId: string) =>
  platform.identity({ kind: "job", jobId, organisationId: platform.home.id, repository: "home/shop/api" });
const create = async (kind = "build"): Promise<{ id: string; job: Headers }> => {
  const jobId = newId();
  const id = `${kind}.${jobId}`;
  const body = { streamId: id, organisationId: platform.home.id, projectId: newId() };
  expect((await platform.json("POST", api(""), ci, body)).status).toBe(201);
  return { id, job: await jobHeaders(jobId) };
};
const ndjson = (texts: string[]): string =>
  texts.map((text) => `${JSON.stringify({ at: "2026-05-01T12:00:00.123Z", stream: "stdout", text })}\n`).join("");
const append = async (
  id: string,
  headers: Headers,
  body: string | Uint8Array<ArrayBuffer>,
  query = "writer=w&offset=0",
) => {
  const response = await platform.request(api(`/${id}/append?${query}`), { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const lines = async (id: string, query = "") =>
  (await platform.json("GET", api(`/${id}/lines${query}`), viewer)).body.lines;

describe("a build log", () => {
  test("is written by its job, read by members, and ended", async () => {
    const { id, job } = await create();
    expect(await append(id, job, ndjson(["one", "two"]))).toEqual({
      status: 200,
      body: { nextOffset: 2, lastLine: 2 },
    });
    expect(await lines(id)).toEqual([
      { n: 1, at: "2026-05-01T12:00:00.123Z", stream: "stdout", text: "one" },
      { n: 2, at: "2026-05-01T12:00:00.123Z", stream: "stdout", text: "two" },
    ]);
    expect(await platform.json("POST", api(`/${id}/end`), job, {})).toMatchObject({
      status: 200,
      body: { streamId: id, kind: "build", firstLine: 1, lastLine: 2, droppedLines: 0, endedAt: expect.any(String) },
    });
    expect((await append(id, job, ndjson(["one", "two"]))).status).toBe(200);
    expect((await append(id, job, ndjson(["three"]), "writer=w&offset=2")).status).toBe(409);
  });

  test("is not written or ended by another job, an agent, a runner or a member", async () => {
    const { id } = await create();
    const others = [
      await jobHeaders(newId()),
      agent,
      await platform.identity({ kind: "runner", runnerId: "r" }),
      platform.home.headers("owner"),
    ];
    for (const headers of others) {
      expect((await append(id, headers, ndjson(["x"]))).status).toBe(404);
      expect((await platform.json("POST", api(`/${id}/end`), headers, {})).status).toBe(404);
    }
    expect((await append(id, {}, ndjson(["x"]))).status).toBe(401);
    expect(await lines(id)).toEqual([]);
  });

  test("says where a writer has to go on that left lines out", async () => {
    const { id, job } = await create();
    await append(id, job, ndjson(["one"]));
    expect(await append(id, job, ndjson(["three"]), "writer=w&offset=2")).toMatchObject({
      status: 409,
      body: { code: "conflict", expectedOffset: 1, requestId: expect.any(String) },
    });
  });

  test("sent twice at once is there once", async () => {
    const { id, job } = await create();
    const answers = await Promise.all([append(id, job, ndjson(["a", "b"])), append(id, job, ndjson(["a", "b"]))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await lines(id)).toHaveLength(2);
  });
});

describe("an append", () => {
  const wrong: [name: string, body: string, query: string, status: number][] = [
    ["without a writer", ndjson(["x"]), "offset=0", 400],
    ["of a writer with a strange name", ndjson(["x"]), "writer=a%20b&offset=0", 400],
    ["without an offset that is a number", ndjson(["x"]), "writer=w&offset=x", 400],
    ["that is no JSON", "hello\n", "writer=w&offset=0", 400],
    ["with a line of another shape", `${ndjson(["fine"])}{"text":"x"}\n`, "writer=w&offset=0", 400],
    ["of too many lines", "{}\n".repeat(10_001), "writer=w&offset=0", 400],
    ["of more than 1 MiB", ndjson(["x".repeat(1024 * 1024)]), "writer=w&offset=0", 413],
  ];
  for (const [name, body, query, status] of wrong) {
    test(`${name} is refused whole`, async () => {
      const { id, job } = await create();
      const answer = await append(id, job, body, query);
      expect(answer).toMatchObject({ status, body: { code: status === 413 ? "too_large" : "invalid" } });
      expect(await lines(id)).toEqual([]);
    });
  }

  test("with bytes that are no text keeps what can be kept", async () => {
    const { id, job } = await create();
    const [head, tail] = ndjson(["before X after \u0000 nul"]).split("X");
    const body = Buffer.concat([Buffer.from(head ?? ""), Buffer.of(0xff), Buffer.from(tail ?? "")]);
    expect((await append(id, job, body)).status).toBe(200);
    expect(await lines(id)).toMatchObject([{ text: "before \uFFFD after \uFFFD nul" }]);
  });

  test("of nothing is fine", async () => {
    const { id, job } = await create();
    expect(await append(id, job, "")).toEqual({ status: 200, body: { nextOffset: 0, lastLine: 0 } });
  });

  test("by an agent goes to the log of a service, and to no build log", async () => {
    const { id } = await create("runtime");
    const line = `${JSON.stringify({ at: "2026-05-01T12:00:00Z", stream: "stderr", replica: "r-1", text: "x" })}\n`;
    expect((await append(id, agent, line)).status).toBe(200);
    expect(await lines(id)).toMatchObject([{ stream: "stderr", replica: "r-1" }]);
    expect((await append((await create()).id, agent, line)).status).toBe(404);
  });

  test("by an agent goes to the log of a one-off command", async () => {
    const { id } = await create("run");
    const line = `${JSON.stringify({ at: "2026-05-01T12:00:00Z", stream: "stdout", text: "done" })}\n`;
    expect((await append(id, agent, line)).status).toBe(200);
    expect(await lines(id)).toMatchObject([{ text: "done" }]);
  });

  test("makes no stream, not even when it says whose it would be", async () => {
    const own = `writer=w&offset=0&organisationId=${platform.home.id}&projectId=${newId()}`;
    for (const query of ["writer=w&offset=0", own]) {
      expect((await append(`runtime.${newId()}`, agent, ndjson(["x"]), query)).status).toBe(404);
    }
  });
});

describe("a stream", () => {
  test("is made by parts of the platform only", async () => {
    const body = {
      streamId: `runtime.${newId()}`,
      organisationId: platform.home.id,
      projectId: newId(),
      serviceId: newId(),
    };
    for (const headers of [agent, platform.home.headers("owner")]) {
      expect((await platform.json("POST", api(""), headers, body)).status).toBe(404);
    }
    expect((await platform.json("POST", api(""), ci, body)).body).toMatchObject({
      serviceId: body.serviceId,
      lastLine: 0,
    });
    expect((await platform.json("POST", api(""), ci, body)).status).toBe(201);
    const stolen = { ...body, organisationId: newId() };
    expect((await platform.json("POST", api(""), ci, stolen)).status).toBe(409);
    expect((await platform.json("POST", api(""), ci, { ...body, streamId: "runtime.x" })).status).toBe(400);
  });

  test("of a service goes with its workload, and late lines do not bring it back", async () => {
    const { id } = await create("runtime");
    const { id: other } = await create("runtime");
    for (const each of [id, other]) await append(each, agent, ndjson(["one"]));
    const subject = id.slice("runtime.".length);
    const event = { type: "clusters.workload.removed", source: "clusters", data: {} };
    await emit(platform.database.admin, { ...event, subject: "no-uuid" });
    await emit(platform.database.admin, { ...event, subject });
    await waitFor(async () => (await platform.json("GET", api(`/${id}`), viewer)).status === 404);
    expect((await append(id, agent, ndjson(["one", "late"]))).status).toBe(404);
    expect((await platform.json("GET", api(`/${id}/lines`), viewer)).status).toBe(404);
    expect(await lines(other)).toHaveLength(1);
  });

  test("of another organisation looks like one that does not exist", async () => {
    const { id, job } = await create();
    await append(id, job, ndjson(["secret"]));
    for (const path of ["", "/lines", "/tail", "/download"]) {
      const hidden = await platform.json("GET", api(`/${id}${path}`), foreign);
      const missing = await platform.json("GET", api(`/build.${newId()}${path}`), foreign);
      expect([hidden.status, hidden.body.detail]).toEqual([404, missing.body.detail]);
      expect((await platform.json("GET", api(`/${id}${path}`), {})).status).toBe(401);
    }
  });
});

describe("reading", () => {
  test("goes backward, forward and by search", async () => {
    const { id, job } = await create();
    await append(id, job, ndjson(["a", "b", "c", "Bee"]));
    const numbers = async (query: string) => (await lines(id, query)).map(({ n }: { n: number }) => n);
    expect(await numbers("?before=3&limit=1000")).toEqual([1, 2]);
    expect(await numbers("?before=1")).toEqual([]);
    expect(await numbers("?after=2&limit=1")).toEqual([3]);
    expect(await numbers("?limit=2")).toEqual([3, 4]);
    expect(await numbers("?q=B")).toEqual([2, 4]);
    expect(await numbers("?from=2026-05-01T12:00:01Z")).toEqual([]);
  });

  test("is told what is wrong with its question", async () => {
    const { id } = await create();
    for (const query of ["?before=x", "?limit=1001", "?before=2&after=1", "?from=yesterday"]) {
      const answer = await platform.json("GET", api(`/${id}/lines${query}`), viewer);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid" } });
    }
  });

  test("as a file gives everything, a line each", async () => {
    const { id, job } = await create();
    const texts = Array.from({ length: 2_500 }, (_, i) => `line ${i + 1}`);
    await append(id, job, ndjson(texts));
    const response = await platform.request(api(`/${id}/download`), { headers: viewer });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${id}.log"`);
    expect(await response.text()).toBe(texts.map((text) => `2026-05-01T12:00:00.123Z ${text}\n`).join(""));
  });
});
