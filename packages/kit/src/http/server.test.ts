import { describe, expect, test } from "bun:test";
import { as, call, serverWith, write } from "../../test/notes-server.ts";

describe("errors are problem+json", () => {
  const cases: { name: string; answer: () => ReturnType<typeof call>; status: number; code: string; detail: RegExp }[] =
    [
      {
        name: "an address that is not there",
        answer: () => call("GET", "/nothing", as("hp_owner")),
        status: 404,
        code: "not_found",
        detail: /nothing at this address/,
      },
      {
        name: "a stranger, before a word about the input",
        answer: () => call("POST", "/notes", {}, "{ broken"),
        status: 401,
        code: "unauthenticated",
        detail: /Sign in/,
      },
      {
        name: "a credential that is not known",
        answer: () => write({ title: "x" }, "hp_unknown"),
        status: 401,
        code: "unauthenticated",
        detail: /Sign in/,
      },
      {
        name: "a role that is not enough",
        answer: () => write({ title: "x" }, "hp_viewer"),
        status: 403,
        code: "forbidden",
        detail: /note:write/,
      },
      {
        name: "a scope that is not enough",
        answer: () => write({ title: "x" }, "hp_reader"),
        status: 403,
        code: "forbidden",
        detail: /note:write/,
      },
      {
        name: "a thing of somebody else, like one that is missing",
        answer: () => call("GET", "/notes/foreign", as("hp_owner")),
        status: 404,
        code: "not_found",
        detail: /no such note/,
      },
      {
        name: "a missing thing",
        answer: () => call("GET", "/notes/missing", as("hp_owner")),
        status: 404,
        code: "not_found",
        detail: /no such note/,
      },
      {
        name: "a body that is no JSON",
        answer: () => call("POST", "/notes", as("hp_owner"), "{ broken"),
        status: 400,
        code: "invalid",
        detail: /JSON/,
      },
      {
        name: "a conflict",
        answer: () => write({ title: "taken" }),
        status: 409,
        code: "conflict",
        detail: /title is taken/,
      },
      {
        name: "an answer that breaks the contract",
        answer: () => write({ title: "lies" }),
        status: 500,
        code: "internal",
        detail: /^Internal error\.$/,
      },
    ];
  for (const { name, answer, status, code, detail } of cases) {
    test(name, async () => {
      const got = await answer();
      expect({ status: got.status, code: got.body.code }).toEqual({ status, code });
      expect(got.body.detail).toMatch(detail);
      expect(got.body).toMatchObject({ type: "about:blank", status, title: expect.any(String) });
      expect(got.body.requestId).toBe(got.headers.get("x-request-id") ?? "no header");
      expect(got.headers.get("content-type")).toBe("application/problem+json");
      expect(got.headers.get("cache-control")).toBe("no-store");
    });
  }

  test("refused fields are listed by path, unknown ones too", async () => {
    const { status, body } = await write({ title: "", tags: ["much too long"], extra: 1 });
    expect(status).toBe(400);
    expect(body.errors.map((issue: { path: string }) => issue.path).sort()).toEqual(["", "tags.0", "title"]);
    expect(body.detail).toContain("extra");
  });

  test("a key that is refused is told like a field, with the reason", async () => {
    const { body } = await write({ title: "x", marks: { "not a word": 1 } });
    expect(body.errors).toEqual([{ path: "marks.not a word", message: "use one word" }]);
  });

  test("what nobody expected says nothing of its cause", async () => {
    const { status, body } = await write({ title: "bug" });
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });

  test("too many requests say when to come back", async () => {
    const { status, headers } = await write({ title: "busy" });
    expect([status, headers.get("retry-after")]).toEqual([429, "7"]);
  });

  test("a database that cannot be reached is unavailable, not broken", async () => {
    const broken = serverWith({
      resolve: async () => {
        throw Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
      },
    });
    const response = await broken.request("/api/v1/notes/notes", { headers: as("hp_owner") });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "unavailable" });
  });
});

describe("bodies are bounded", () => {
  const large = JSON.stringify({ title: "x".repeat(1024 * 1024) });

  test("by their announced length", async () => {
    expect((await call("POST", "/notes", as("hp_owner"), large)).body.code).toBe("too_large");
  });

  test("and by what really comes, when no length is announced", async () => {
    const stream = new Blob([large]).stream();
    const got = await call("POST", "/notes", as("hp_owner"), stream);
    expect([got.status, got.body.code]).toEqual([413, "too_large"]);
  });

  test("other content types are refused with a reason", async () => {
    const got = await call("POST", "/notes", { ...as("hp_owner"), "content-type": "text/plain" }, "hello");
    expect([got.status, got.body.code]).toEqual([400, "invalid"]);
  });
});
