import { z } from "zod";
import { type Contract, PageQuery, pageOf, route } from "../src/contract.ts";
import { DomainError } from "../src/errors.ts";
import type { Handlers } from "../src/http/api.ts";
import type { RawRoute } from "../src/http/routes.ts";
import { createServer, type ServerOptions } from "../src/http/server.ts";
import { identityKey } from "../src/identity.ts";
import { createLogger } from "../src/log.ts";
import { createMetrics } from "../src/metrics.ts";
import type { MemberPrincipal, Role } from "../src/principal.ts";
import { Secret } from "../src/secret.ts";

export const ORGANISATION = "0199f000-0000-7000-8000-000000000001";
export const OTHER = "0199f000-0000-7000-8000-000000000002";
export const KEY = identityKey(new Secret("a secret of at least thirty-two characters"));

export const contract = {
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

export const handlers: Handlers<typeof contract> = {
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

const PERSON = {
  personId: "0199f000-0000-7000-8000-000000000009",
  email: "ada@example.com",
  instanceRole: null,
  name: "Ada",
  organisationId: ORGANISATION,
  organisationSlug: "home",
  grants: [],
};

export const member = (role: Role, scopes?: string[]): MemberPrincipal =>
  scopes === undefined
    ? { ...PERSON, kind: "person", sessionId: crypto.randomUUID(), verifiedAt: Date.now(), role }
    : { ...PERSON, kind: "token", tokenId: crypto.randomUUID(), scopes, role };

export const PEOPLE: Record<string, MemberPrincipal> = {
  hp_owner: member("owner", ["*"]),
  hp_viewer: member("viewer", ["*"]),
  hp_reader: member("owner", ["note:read"]),
  cookie: member("owner"),
};

export const rawRoutes: RawRoute[] = [
  {
    method: "GET",
    path: "/download/:name",
    action: "note:read",
    resource: "organisation",
    handle: async ({ params, url }) => Response.json({ name: params.name, query: url.searchParams.get("name") }),
  },
];

export const serverWith = (changes: Partial<ServerOptions<Contract>> = {}) =>
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

export const server = serverWith();
export const as = (token: string) => ({ authorization: `Bearer ${token}` });
export const call = async (method: string, path: string, headers: Record<string, string> = {}, body?: BodyInit) => {
  const response = await server.request(`/api/v1/notes${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, body: isJson && text !== "" ? JSON.parse(text) : text };
};
export const write = (body: unknown, token = "hp_owner") => call("POST", "/notes", as(token), JSON.stringify(body));
