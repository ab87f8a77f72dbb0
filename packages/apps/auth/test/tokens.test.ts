import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cachedResolver } from "@homeport/kit/http/authenticate.ts";
import { remoteResolver } from "@homeport/kit/http/remote-resolver.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { KEPT_AFTER_EXPIRY_MS, MAX_API_TOKENS } from "../src/api-token.ts";
import { createApiTokens } from "../src/service/api-tokens.ts";
import { ADA, NO_ACTIONS, startWorld, type World } from "./world.ts";

let world: World;
let ada: { cookie: string };
beforeAll(async () => {
  world = await startWorld();
  await world.addPerson("bob@example.com", "viewer");
  ada = await world.signIn();
}, 60_000);
afterAll(() => world?.stop());

describe("an API token", () => {
  test("is shown once, works, and is stored as a hash", async () => {
    const token = await world.token(ada, { name: " laptop " });
    expect(token.value).toMatch(/^hp_[0-9A-Za-z]{43}_[0-9a-f]{8}$/);
    expect((await world.get("/me", token.headers)).body.person.name).toBe("Ada");
    const [listed] = (await world.get("/tokens", ada)).body.items;
    expect(listed).toMatchObject({ id: token.id, name: "laptop", scopes: ["*"], hint: `${token.value.slice(0, 9)}…` });
    expect(JSON.stringify(listed)).not.toContain(token.value);
    const rows = await world.database.admin`select api_tokens::text as text from auth.api_tokens`;
    expect(JSON.stringify(rows)).not.toContain(token.value);
    const events = await world.database.admin`select events::text as text from platform.events`;
    expect(JSON.stringify(events)).toContain("auth.token.created");
    expect(JSON.stringify(events)).not.toContain(token.value);
  });

  test("does what its scopes cover and its person may, nothing else", async () => {
    const narrow = await world.token(ada, { scopes: ["profile:read", "token:read"] });
    expect((await world.get("/me", narrow.headers)).status).toBe(200);
    expect((await world.get("/tokens", narrow.headers)).status).toBe(200);
    expect((await world.get("/sessions", narrow.headers)).status).toBe(403);
    expect((await world.post("/tokens", { name: "x" }, narrow.headers)).status).toBe(403);
  });

  test("makes no token that is wider than itself or outlives it", async () => {
    const parent = await world.token(ada, { scopes: ["token:create", "profile:*"], expiresInDays: 10 });
    const wider = await world.post("/tokens", { name: "x", scopes: ["profile:read", "member:read"] }, parent.headers);
    expect([wider.status, wider.body.detail]).toEqual([403, expect.stringContaining("member:read")]);
    expect((await world.post("/tokens", { name: "x" }, parent.headers)).status).toBe(403); // "*" is the default
    const child = await world.token(parent.headers, { scopes: ["profile:read"], expiresInDays: 300 });
    expect(child.body.expiresAt).toBe(parent.body.expiresAt);
    expect((await world.get("/me", child.headers)).status).toBe(200);
    const short = await world.token(parent.headers, { scopes: ["profile:read"], expiresInDays: 1 });
    expect(Date.parse(short.body.expiresAt)).toBeLessThan(Date.parse(parent.body.expiresAt));
  });

  test("ends when its time is over", async () => {
    const token = await world.token(ada, { expiresInDays: 1 });
    await world.database
      .admin`update auth.api_tokens set expires_at = now() - interval '1 second' where id = ${token.id}`;
    expect((await world.get("/me", token.headers)).status).toBe(401);
  });

  test("ends at once here when it is revoked, and elsewhere as soon as that is heard of", async () => {
    const token = await world.token(ada);
    const asApp = (await world.asApp("deployments")).authorization?.slice("Bearer ".length) ?? "";
    const resolve = cachedResolver(
      remoteResolver(`http://${world.host}`, async () => asApp),
      () => 0, // a clock that stands still: nothing ends by its age
    );
    const credential = { kind: "token" as const, value: new Secret(token.value) };
    expect(await resolve(credential)).toMatchObject({ email: "ada@example.com", instanceRole: "owner", grants: [] });
    expect((await world.remove(`/tokens/${token.id}`, ada)).body).toEqual({ removed: 1 });
    expect((await world.get("/me", token.headers)).status).toBe(401);
    await waitFor(async () => (await resolve(credential)) === null);
  });

  test("of somebody else looks as if it were not there", async () => {
    const token = await world.token(ada);
    const bob = await world.signIn("bob@example.com");
    expect((await world.remove(`/tokens/${token.id}`, bob)).status).toBe(404);
    expect((await world.submit(`/account/tokens/${token.id}/revoke`, {}, bob)).status).toBe(404);
    expect((await world.get("/tokens", bob)).body.items).toEqual([]);
    expect((await world.get("/me", token.headers)).status).toBe(200);
  });

  test("says whose it is whatever it covers, and nothing to who has none", async () => {
    const token = await world.token(ada, { scopes: ["log:read"] });
    const refused = await world.get("/me", token.headers);
    expect([refused.status, refused.body.detail]).toEqual([403, "This token's scopes do not cover profile:read here."]);
    const { status, body } = await world.get("/whoami", token.headers);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ kind: "token", role: "owner", instanceRole: "owner", scopes: ["log:read"] }),
    ]);
    expect(JSON.stringify(body)).not.toContain(ADA);
    expect((await world.get("/whoami", ada)).body).toMatchObject({ kind: "person", scopes: null });
    expect((await world.get("/whoami")).status).toBe(401);
  });

  test("for an action that no app has is refused as a slip, at its field", async () => {
    const all = await world.token(ada);
    const wanted = { name: "x", scopes: ["token:read", "frobnicate:x"] };
    const { status, body } = await world.post("/tokens", wanted, all.headers);
    expect([status, body.errors]).toEqual([
      400,
      [{ path: "scopes.1", message: "no app that runs has an action frobnicate:x" }],
    ]);
    const known = await world.post("/tokens", { name: "x", scopes: ["organisation:remove"] }, all.headers);
    expect([known.status, known.body.detail]).toEqual([403, expect.stringContaining("does not name")]);
  });

  test("says when it was used, at most once a minute", async () => {
    const token = await world.token(ada);
    const used = async () =>
      (await world.get("/tokens", ada)).body.items.find((each: { id: string }) => each.id === token.id).lastUsedAt;
    expect(await used()).toBeNull();
    await world.get("/me", token.headers);
    const first = await used();
    expect(first).not.toBeNull();
    await world.get("/me", token.headers);
    expect(await used()).toBe(first);
  });

  test("with wrong input is refused by field", async () => {
    const wrong = { name: "", scopes: ["everything"], expiresInDays: 0, extra: true };
    const { status, body } = await world.post("/tokens", wrong, ada);
    expect(status).toBe(400);
    const paths = body.errors.map((issue: { path: string }) => issue.path).sort();
    expect(paths).toEqual(["", "expiresInDays", "name", "scopes.0"]);
    expect((await world.post("/tokens", { name: "a\u0000b" }, ada)).status).toBe(400);
  });
});

test("a repeated request to make a token makes one, when it carries an Idempotency-Key", async () => {
  const headers = { ...ada, "idempotency-key": crypto.randomUUID() };
  const first = await world.post("/tokens", { name: "once" }, headers);
  const again = await world.post("/tokens", { name: "once" }, headers);
  expect(again.body).toEqual(first.body);
  const all = (await world.get("/tokens", ada)).body.items;
  expect(all.filter(({ name }: { name: string }) => name === "once")).toHaveLength(1);
});

test("the account page makes a token, shows it in that one answer, and revokes it", async () => {
  const refused = await world.submit("/account/tokens", { name: " ", expiresInDays: "0" }, ada);
  expect(refused.status).toBe(422);
  expect(await refused.text()).toContain("Name it after what will use it");
  const made = await world.submit("/account/tokens", { name: "script", expiresInDays: "7" }, ada);
  const token = /hp_[0-9A-Za-z]{43}_[0-9a-f]{8}/.exec(await made.text())?.[0];
  expect(token).toBeDefined();
  expect(await (await world.request("/account/tokens", { headers: ada })).text()).not.toContain(token ?? "-");
  const [listed] = (await world.get("/tokens", ada)).body.items;
  const gone = await world.submit(`/account/tokens/${listed.id}/revoke`, {}, ada);
  expect([gone.status, gone.headers.get("location")]).toEqual([303, "/account/tokens"]);
  expect((await world.get("/me", { authorization: `Bearer ${token}` })).status).toBe(401);
});

test("a token cannot make another once it is revoked, even in the moment that it is", async () => {
  const parent = await world.token(ada);
  const tokens = createApiTokens(world.database.connect("auth"), NO_ACTIONS);
  const owner = await tokens.resolve(new Secret(parent.value));
  if (owner === null) throw new Error("the token is there");
  const { personId, organisationSlug, organisationId, role, grants, scopes } = owner;
  const member = {
    kind: "token" as const,
    tokenId: owner.id,
    personId: personId ?? "",
    email: ADA,
    name: owner.ownerName,
    instanceRole: null,
    organisationId,
    organisationSlug,
    role,
    grants,
    scopes,
  };
  await world.remove(`/tokens/${parent.id}`, ada);
  expect(tokens.create(member, { name: "x", scopes: ["*"], expiresInDays: 1 })).rejects.toThrow("revoked");
});

test("a person has at most so many, also when asking for many at once; long expired ones go by themselves", async () => {
  const bob = await world.signIn("bob@example.com");
  await Promise.all(Array.from({ length: MAX_API_TOKENS - 2 }, () => world.token(bob)));
  const answers = await Promise.all(Array.from({ length: 6 }, () => world.post("/tokens", { name: "more" }, bob)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
  expect((await world.get("/tokens", bob)).body.items).toHaveLength(MAX_API_TOKENS);
  await world.database.admin`
    update auth.api_tokens set expires_at = now() - ${KEPT_AFTER_EXPIRY_MS + 1000} * interval '1 millisecond'
    where name = 'more'`;
  await createApiTokens(world.database.connect("auth"), NO_ACTIONS).tidy();
  expect((await world.get("/tokens", bob)).body.items).toHaveLength(MAX_API_TOKENS - 2);
}, 30_000);

test("only parts of the platform may ask whose a credential is", async () => {
  const token = await world.token(ada);
  const question = { kind: "token", value: token.value };
  expect((await world.post("/credentials/resolve", question, token.headers)).status).toBe(404);
  expect((await world.post("/credentials/resolve", question)).status).toBe(401);
  const answer = await world.post("/credentials/resolve", question, await world.asApp("ci"));
  expect(answer.body.principal).toMatchObject({ kind: "token", tokenId: token.id, role: "owner", scopes: ["*"] });
  const job = await world.identity({
    kind: "job",
    jobId: Bun.randomUUIDv7(),
    organisationId: Bun.randomUUIDv7(),
    repository: "home/shop/api",
  });
  expect((await world.post("/credentials/resolve", question, job)).status).toBe(404);
});
