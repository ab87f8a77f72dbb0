import { describe, expect, test } from "bun:test";
import { as, call, KEY, server, serverWith } from "../../test/notes-server.ts";
import type { Contract } from "../contract.ts";
import { identityKey, signIdentity } from "../identity.ts";
import { Secret } from "../secret.ts";
import type { ServerOptions } from "./server.ts";

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
