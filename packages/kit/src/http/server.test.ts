import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { type Contract, PageQuery, pageOf, route } from "../contract.ts";
import { DomainError } from "../errors.ts";
import { identityKey, signIdentity } from "../identity.ts";
import { createLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import type { MemberPrincipal, Role } from "../principal.ts";
import { Secret } from "../secret.ts";
import type { Handlers } from "./api.ts";
import type { RawRoute } from "./routes.ts";
import { createServer, type ServerOptions } from "./server.ts";

const ORGANISATION = "0199f000-0000-7000-8000-000000000001";
const OTHER = "0199f000-0000-7000-8000-000000000002";
const KEY = identityKey(new Secret("a secret of at least thirty-two characters"));

const contract = {
  notes: {
    list: route({
      method: "GET",
      path: "/notes",
      action: "note:read",
      resource: "organisation",
      summary: "List notes",
      input: PageQuery,
      output: pageOf(z.object({ title: z.string() })),
    }),
    create: route({
      method: "POST",
      path: "/notes",
      action: "note:write",
      resource: "organisation",
      summary: "Write a note",
      input: z.strictObject({
        title: z.string().min(1).max(20),
        tags: z.array(z.string().max(5)).max(3).default([]),
        marks: z.record(z.string().regex(/^\w+$/, "use one word"), z.number()).optional(),
      }),
      output: z.object({ title: z.string() }),
      status: 201,
    }),
    clear: route({
      method: "DELETE",
      path: "/notes",
      action: "note:write",
      resource: "organisation",
      summary: "Remove all notes",
      input: z.object({}),
      output: z.object({ removed: z.boolean() }),
    }),
    get: route({
      method: "GET",
      path: "/notes/{note}",
      action: "note:read",
      resource: "note",
      summary: "Show a note",
      input: z.object({ note: z.string().max(40) }),
      output: z.object({ title: z.string() }),
    }),
  },
};

const handlers: Handlers<typeof contract> = {
  notes: {
    list: async (_context, { limit }) => ({ items: [{ title: `limit ${limit}` }], nextCursor: null }),
    create: async (context, { title }) => {
      if (title === "bug") throw new Error("the password is hunter2");
      if (title === "taken") throw new DomainError("conflict", "This title is taken.");
      if (title === "busy") throw new DomainError("rate_limited", "Too many notes.", { retryAfterSeconds: 7 });
      if (title === "lies") return { title: 7 as unknown as string };
      context.responseHeaders.append("set-cookie", "seen=1");
      return { title };
    },
    clear: async () => ({ removed: true }),
    get: async (_context, { note }) => ({ title: note }),
  },
};

const member = (role: Role, scopes?: string[]): MemberPrincipal => ({
  ...(scopes === undefined
    ? { kind: "person" as const, sessionId: crypto.randomUUID() }
    : { kind: "token" as const, tokenId: crypto.randomUUID(), scopes }),
  personId: "0199f000-0000-7000-8000-000000000009",
  email: "ada@example.com",
  name: "Ada",
  organisationId: ORGANISATION,
  organisationSlug: "home",
  role,
});

const PEOPLE: Record<string, MemberPrincipal> = {
  hp_owner: member("owner", ["*"]),
  hp_viewer: member("viewer", ["*"]),
  hp_reader: member("owner", ["note:read"]),
  cookie: member("owner"),
};

const rawRoutes: RawRoute[] = [
  {
    method: "GET",
    path: "/download/:name",
    action: "note:read",
    resource: "organisation",
    handle: async ({ params, url }) => Response.json({ name: params.name, query: url.searchParams.get("name") }),
  },
];

const serverWith = (changes: Partial<ServerOptions<Contract>> = {}) =>
  createServer({
    app: {
      id: "notes",
      name: "Notes",
      version: "1",
      actions: { "note:read": { roles: ["owner", "viewer"], kinds: ["app"] }, "note:write": { roles: ["owner"] } },
    },
    contract,
    handlers,
    loaders: {
      note: async (scope, { note }) =>
        note === "missing" || scope === null
          ? null
          : { kind: "note", organisationId: (note === "foreign" ? OTHER : ORGANISATION) as never },
    },
    routes: rawRoutes,
    identityKey: KEY,
    resolve: async ({ value }) => PEOPLE[value.reveal()] ?? null,
    isReady: () => true,
    metrics: createMetrics(),
    log: createLogger("test"),
    ...changes,
  } as ServerOptions<typeof contract>);

const server = serverWith();
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const call = async (method: string, path: string, headers: Record<string, string> = {}, body?: BodyInit) => {
  const response = await server.request(`/api/v1/notes${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, body: isJson && text !== "" ? JSON.parse(text) : text };
};
const write = (body: unknown, token = "hp_owner") => call("POST", "/notes", as(token), JSON.stringify(body));

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

describe("methods", () => {
  test("HEAD answers as GET does, without a body", async () => {
    const got = await call("HEAD", "/notes", as("hp_owner"));
    expect([got.status, got.body]).toEqual([200, ""]);
  });

  test("a GET with a body is answered as one without", async () => {
    const request = new Request("http://app/api/v1/notes/notes", { headers: as("hp_owner") });
    Object.defineProperty(request, "body", { value: new Blob(["{}"]).stream() }); // fetch() does not send one, others do
    const response = await server.fetch(request);
    expect(response.status).toBe(200);
  });

  test("a method that an address does not have is 405 and says which it has", async () => {
    const got = await call("PUT", "/notes", as("hp_owner"), "{}");
    expect([got.status, got.body.code, got.headers.get("allow")]).toEqual([
      405,
      "method_not_allowed",
      "DELETE, GET, HEAD, POST",
    ]);
    expect((await call("DELETE", "/notes/one", as("hp_owner"))).headers.get("allow")).toBe("GET, HEAD");
  });

  test("no body is an empty object, so that what is missing is told by field", async () => {
    const got = await call("POST", "/notes", as("hp_owner"));
    expect(got.body.errors).toEqual([{ path: "title", message: expect.any(String) }]);
    expect((await call("DELETE", "/notes", as("hp_owner"))).body).toEqual({ removed: true });
  });

  test("a query is read as numbers where the contract says so, and has a maximum", async () => {
    expect((await call("GET", "/notes?limit=7", as("hp_owner"))).body.items).toEqual([{ title: "limit 7" }]);
    expect((await call("GET", "/notes?limit=101", as("hp_owner"))).status).toBe(400);
  });
});

describe("request ids", () => {
  test("the one the gateway gave is kept, nonsense is replaced", async () => {
    const given = await call("GET", "/notes", { ...as("hp_owner"), "x-request-id": "0199f000-abcd" });
    expect(given.headers.get("x-request-id")).toBe("0199f000-abcd");
    const odd = await call("GET", "/notes", { ...as("hp_owner"), "x-request-id": "<script>" });
    expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("writes from other sites", () => {
  const cookie = { cookie: "homeport=cookie" };
  const rows: { name: string; headers: Record<string, string>; status: number }[] = [
    { name: "no browser", headers: {}, status: 201 },
    {
      name: "our own page",
      headers: { origin: "http://localhost:3000", "sec-fetch-site": "same-origin" },
      status: 201,
    },
    { name: "another site", headers: { origin: "http://evil.example" }, status: 403 },
    { name: "a tenant's page below our host", headers: { origin: "http://web-shop.localhost:3000" }, status: 403 },
    { name: "a sandboxed page", headers: { origin: "null" }, status: 403 },
    { name: "another site whose browser hides the origin", headers: { "sec-fetch-site": "cross-site" }, status: 403 },
  ];
  for (const { name, headers, status } of rows) {
    test(`${name}: ${status}`, async () => {
      const host = { "x-forwarded-host": "localhost:3000" };
      const got = await call("POST", "/notes", { ...cookie, ...host, ...headers }, JSON.stringify({ title: "x" }));
      expect(got.status).toBe(status);
      if (status === 201) expect(got.headers.get("set-cookie")).toBe("seen=1");
    });
  }

  test("reading is not refused", async () => {
    expect((await call("GET", "/notes", { ...cookie, origin: "http://evil.example" })).status).toBe(200);
  });
});

describe("cookies", () => {
  const rows: { name: string; cookie: string; scheme: string; status: number }[] = [
    { name: "the plain one over http", cookie: "homeport=cookie", scheme: "http", status: 200 },
    { name: "the host-bound one over https", cookie: "__Host-homeport=cookie", scheme: "https", status: 200 },
    {
      name: "a plain one over https, which any subdomain can set",
      cookie: "homeport=cookie",
      scheme: "https",
      status: 401,
    },
    {
      name: "both over https: the host-bound one",
      cookie: "homeport=other; __Host-homeport=cookie",
      scheme: "https",
      status: 200,
    },
  ];
  for (const { name, cookie, scheme, status } of rows) {
    test(`${name}: ${status}`, async () => {
      expect((await call("GET", "/notes", { cookie, "x-forwarded-proto": scheme })).status).toBe(status);
    });
  }
});

describe("parts of the platform", () => {
  test("a signed identity reads what its kind may, and is nobody to other keys", async () => {
    const good = await signIdentity(KEY, { kind: "app", appId: "ci" }, 60);
    expect((await call("GET", "/notes", as(good))).status).toBe(200);
    expect((await call("GET", "/download/x", as(good))).status).toBe(404);
    const forged = await signIdentity(identityKey(new Secret("x".repeat(40))), { kind: "app", appId: "ci" }, 60);
    expect((await call("GET", "/notes", as(forged))).status).toBe(401);
  });

  test("a path parameter cannot be overridden by the query", async () => {
    const response = await server.request("/download/a?name=b", { headers: as("hp_owner") });
    expect(await response.json()).toEqual({ name: "a", query: "b" });
  });

  test("health, readiness and metrics need nobody", async () => {
    expect((await server.request("/healthz")).status).toBe(200);
    expect((await server.request("/readyz")).status).toBe(200);
    expect((await serverWith({ isReady: () => false }).request("/readyz")).status).toBe(503);
    expect(await (await server.request("/metrics")).text()).toContain(
      'homeport_requests_total{app="notes",class="2xx"}',
    );
  });

  test("the OpenAPI document lists every route", async () => {
    const document = (await (await server.request("/api/v1/notes/openapi.json")).json()) as { paths: object };
    expect(Object.keys(document.paths).sort()).toEqual(["/notes", "/notes/{note}"]);
  });
});

describe("a server does not start", () => {
  const refused: { name: string; changes: Partial<ServerOptions<Contract>>; message: RegExp }[] = [
    {
      name: "with a route whose action the manifest does not declare",
      changes: { app: { id: "notes", name: "Notes", version: "1", actions: { "note:read": {} } } },
      message: /note:write/,
    },
    {
      name: "with a resource that nothing can load",
      changes: { loaders: {} },
      message: /"note", which nothing can load/,
    },
    { name: "without a handler", changes: { handlers: { notes: {} } as never }, message: /notes.list has no handler/ },
  ];
  for (const { name, changes, message } of refused) {
    test(name, () => expect(() => serverWith(changes)).toThrow(message));
  }
});
