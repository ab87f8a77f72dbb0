import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { z } from "zod";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { testKeyring } from "../../test/keyring.ts";
import { waitFor } from "../../test/wait-for.ts";
import { route } from "../contract.ts";
import { DomainError } from "../errors.ts";
import { identityKey, signIdentity } from "../identity.ts";
import { createLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import type { MemberPrincipal } from "../principal.ts";
import { createIdempotency } from "./idempotency.ts";
import { createServer } from "./server.ts";

const contract = {
  create: route({
    method: "POST",
    path: "/things",
    action: "thing:write",
    resource: "organisation",
    summary: "Make a thing",
    input: z.strictObject({ name: z.string().max(100) }),
    output: z.object({ id: z.uuid(), secret: z.string() }),
    status: 201,
  }),
  reveal: route({
    method: "POST",
    path: "/things/reveal",
    action: "thing:write",
    resource: "organisation",
    summary: "Tell a secret",
    input: z.strictObject({ name: z.string().max(100) }),
    output: z.object({ secret: z.string() }),
    secret: true,
  }),
  set: route({
    method: "PUT",
    path: "/things",
    action: "thing:write",
    resource: "organisation",
    summary: "Set a thing",
    input: z.strictObject({ name: z.string().max(100) }),
    output: z.object({ id: z.uuid() }),
  }),
};

const HOME = Bun.randomUUIDv7();
const person = (organisationId: string, changes: Partial<MemberPrincipal> = {}): MemberPrincipal =>
  ({
    kind: "token",
    tokenId: "0199f000-0000-7000-8000-000000000008",
    scopes: ["*"],
    personId: "0199f000-0000-7000-8000-000000000009",
    email: "ada@example.com",
    name: "Ada",
    organisationId,
    organisationSlug: "home",
    role: "owner",
    grants: [],
    instanceRole: null,
    ...changes,
  }) as MemberPrincipal;

const people: Record<string, MemberPrincipal> = {
  hp_ada: person(HOME),
  hp_reads: person(HOME, { scopes: ["thing:read"] } as never),
  hp_away: person(Bun.randomUUIDv7()),
  hp_bob: person(HOME, { personId: Bun.randomUUIDv7(), tokenId: Bun.randomUUIDv7() } as never),
  hp_narrow: person(HOME, { tokenId: Bun.randomUUIDv7(), scopes: ["thing:write"] } as never),
};

let database: TestDatabase;
let made: string[];
let behave: (name: string) => Promise<void>;
let send: (
  key: string | null,
  name: string,
  options?: { token?: string; method?: string; path?: string },
) => Promise<Answer>;
let identity: () => Promise<string>;
type Answer = { status: number; body: Record<string, unknown>; headers: Headers };

beforeAll(async () => {
  database = await testDatabase([{ app: "things" }]);
  const sql = database.connect("things");
  const log = createLogger("test");
  const secretKey = identityKey(database.secret);
  const make = async (name: string) => {
    made.push(name);
    await behave(name);
    return { id: Bun.randomUUIDv7(), secret: `of ${name}` };
  };
  const server = createServer({
    app: {
      id: "things",
      name: "Things",
      version: "1",
      actions: { "thing:write": { roles: ["owner"], kinds: ["app"] } },
    },
    contract,
    handlers: {
      create: async (context, { name }) => {
        context.responseHeaders.append("set-cookie", "made=1");
        return make(name);
      },
      reveal: async (_context, { name }) => ({ secret: (await make(name)).secret }),
      set: async (_context, { name }) => make(name),
    },
    loaders: {},
    routes: [],
    identityKey: secretKey,
    resolve: async ({ value }) => people[value.reveal()] ?? null,
    idempotency: createIdempotency({ sql, appId: "things", appSecret: database.secret, keys: testKeyring(), log }),
    isReady: () => true,
    metrics: createMetrics(),
    log,
  });
  identity = () => signIdentity(secretKey, { kind: "app", appId: "ci" }, 60);
  send = async (key, name, { token = "hp_ada", method = "POST", path = "/things" } = {}) => {
    const response = await server.request(`/api/v1/things${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        ...(key === null ? {} : { "idempotency-key": key }),
      },
      body: JSON.stringify({ name }),
    });
    return { status: response.status, body: (await response.json()) as Answer["body"], headers: response.headers };
  };
}, 60_000);
afterAll(() => database?.drop());
beforeEach(() => {
  made = [];
  behave = async () => {};
});

const newKey = () => crypto.randomUUID();

test("a repeated request gets the first answer, cookies too, and does nothing", async () => {
  const key = newKey();
  const first = await send(key, "one");
  const again = await send(key, "one");
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("set-cookie")).toBe("made=1");
  expect([first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")]).toEqual([
    null,
    "true",
  ]);
  expect(made).toEqual(["one"]);
});

test("without a key, with another key, and for methods that repeat by nature, the work is done each time", async () => {
  await send(null, "a");
  await send(null, "a");
  await send(newKey(), "a");
  const key = newKey();
  await send(key, "a", { method: "PUT" });
  await send(key, "a", { method: "PUT" });
  expect(made).toHaveLength(5);
});

test("a key that was used for another input or organisation is refused, and never answers for it", async () => {
  const key = newKey();
  await send(key, "one");
  for (const other of [await send(key, "two"), await send(key, "one", { token: "hp_away" })]) {
    expect([other.status, other.body.code]).toEqual([422, "unprocessable"]);
  }
  expect(made).toEqual(["one"]);
});

test("an answer that tells secrets is not kept: a repetition is asked again", async () => {
  const key = newKey();
  const answers = [await send(key, "a", { path: "/things/reveal" }), await send(key, "a", { path: "/things/reveal" })];
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, { secret: "of a" }],
    [200, { secret: "of a" }],
  ]);
  expect(answers[1]?.headers.get("idempotency-replayed")).toBeNull();
  expect(made).toEqual(["a", "a"]);
  expect(await database.admin`select key from platform.idempotency_keys where key = ${key}`).toHaveLength(0);
});

test("keys belong to a person: the same key of somebody else is another", async () => {
  const key = newKey();
  const first = await send(key, "one");
  const other = await send(key, "one", { token: "hp_bob" });
  expect(other.body.id).not.toBe(first.body.id);
});

test("keys belong to a token: another one of the same person is not told what the first was answered", async () => {
  const key = newKey();
  const first = await send(key, "one");
  const other = await send(key, "one", { token: "hp_narrow" });
  expect([other.status, other.headers.get("idempotency-replayed")]).toEqual([201, null]);
  expect(other.body.id).not.toBe(first.body.id);
});

test("who may not do it is not told what it was answered", async () => {
  const key = newKey();
  await send(key, "one");
  expect((await send(key, "one", { token: "hp_reads" })).status).toBe(403);
});

test("of many at once one does the work; the others get its answer or are told to come back", async () => {
  const key = newKey();
  const { promise, resolve } = Promise.withResolvers<void>();
  behave = () => promise;
  const all = Array.from({ length: 10 }, () => send(key, "one"));
  await waitFor(() => made.length === 1);
  const early = await send(key, "one");
  expect([early.status, early.body.code, early.headers.get("retry-after")]).toEqual([409, "conflict", "1"]);
  expect(early.body.detail).toContain("is being answered");
  resolve();
  const statuses = (await Promise.all(all)).map((answer) => answer.status);
  expect(statuses.filter((status) => status === 201)).not.toHaveLength(0);
  expect(new Set([...statuses, 201, 409])).toEqual(new Set([201, 409]));
  expect(made).toEqual(["one"]);
  expect((await send(key, "one")).status).toBe(201);
});

test("a refusal is kept, a failure of ours and a limit are not", async () => {
  const refused = newKey();
  behave = async () => {
    throw new DomainError("conflict", "This name is taken.", { issues: [{ path: "name", message: "is taken" }] });
  };
  const first = await send(refused, "one");
  behave = async () => {};
  const again = await send(refused, "one");
  expect([again.status, again.body.detail, again.body.errors]).toEqual([409, first.body.detail, first.body.errors]);
  for (const failure of [
    new Error("bug"),
    new DomainError("unavailable", "Away."),
    new DomainError("rate_limited", "Slow."),
  ]) {
    const key = newKey();
    behave = async () => {
      throw failure;
    };
    expect((await send(key, "two")).status).toBeGreaterThan(409);
    behave = async () => {};
    expect((await send(key, "two")).status).toBe(201);
  }
});

test("a refusal that is over once the caller has another right or a fresh proof is not kept", async () => {
  for (const code of ["unverified", "forbidden"] as const) {
    const key = newKey();
    behave = async () => {
      throw new DomainError(code, "Not yet.");
    };
    expect((await send(key, code)).status).toBe(403);
    behave = async () => {};
    expect((await send(key, code)).status).toBe(201);
  }
});

test("a claim whose process died is taken over after a minute, by the same request only", async () => {
  const key = newKey();
  const { promise, resolve } = Promise.withResolvers<void>();
  behave = () => promise;
  const lost = send(key, "one");
  await waitFor(() => made.length === 1);
  await database.admin`
    update platform.idempotency_keys set claimed_at = now() - interval '61 seconds' where key = ${key}`;
  behave = async () => {};
  expect((await send(key, "two")).status).toBe(422);
  const second = await send(key, "one");
  expect(second.status).toBe(201);
  resolve();
  await lost; // comes back late: its own caller is answered, the kept answer stays
  expect((await send(key, "one")).body).toEqual(second.body);
});

test("answers are sealed at rest and forgotten after a day", async () => {
  const key = newKey();
  const first = await send(key, "very private");
  const [row] = await database.admin<{ sealed: Uint8Array; hash: Uint8Array }[]>`
    select response_sealed as "sealed", request_hash as "hash" from platform.idempotency_keys where key = ${key}`;
  expect(Buffer.from(row?.sealed ?? []).toString("latin1")).not.toContain("private");
  await database.admin`update platform.idempotency_keys set created_at = now() - interval '25 hours'`;
  expect((await send(key, "very private")).body.id).not.toBe(first.body.id);
  const [left] = await database.admin<
    { count: number }[]
  >`select count(*)::int as count from platform.idempotency_keys`;
  expect(left?.count).toBe(1);
});

test("a key that is no key is refused; parts of the platform use none", async () => {
  expect((await send("two words", "one")).body.detail).toContain("Idempotency-Key");
  expect((await send("x".repeat(256), "one")).status).toBe(400);
  const token = await identity();
  const key = newKey();
  await send(key, "one", { token }).catch(() => null);
  const rows = await database.admin`select key from platform.idempotency_keys where key = ${key}`;
  expect(rows).toHaveLength(0);
});
