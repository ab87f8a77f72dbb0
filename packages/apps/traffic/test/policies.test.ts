import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { POLICIES_KEY } from "@homeport/kit/registry/keys.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { app } from "../src/index.ts";

let platform: TestApp;
let owner: Record<string, string>;
beforeAll(async () => {
  platform = await startTestApp(app);
  owner = platform.home.headers("owner");
});
afterAll(() => platform.stop());

const api = (host: string) => `/api/v1/traffic/policies/${encodeURIComponent(host)}`;
const put = (host: string, policy: unknown, headers: Record<string, string> = owner) =>
  platform.json("PUT", api(host), headers, policy);
const get = (host: string) => platform.json("GET", api(host), owner);
const list = (query: string) => platform.json("GET", `/api/v1/traffic/policies${query}`, owner);
const published = async (host: string) => {
  const text = await platform.platform.valkey.hget(POLICIES_KEY, host);
  return text === null ? null : JSON.parse(text);
};
/** Less than the three seconds after which it would be noticed without being told. */
const AT_ONCE_MS = 2_000;
const events = (host: string) => platform.database.admin`
  select type, data, actor, organisation_id as "organisationId" from platform.events
  where source = 'traffic' and subject = ${host}
  order by id`;

describe("a policy", () => {
  test("is set, shown, published to gateways, and removed, and each change is told", async () => {
    const policy = { redirects: [{ from: "/old/*", to: "https://shop.example/new/*" }], httpsOnly: true };
    const stored = { ...policy, redirects: [{ ...policy.redirects[0], status: 308 }] };
    expect(await put("shop.example", policy)).toMatchObject({
      status: 200,
      body: { host: "shop.example", policy: stored, updatedBy: { name: "owner" } },
    });
    expect((await get("shop.example")).body.policy).toEqual(stored);
    await waitFor(() => published("shop.example"));
    expect(await published("shop.example")).toEqual({ schema: 1, host: "shop.example", policy: stored });
    expect(await platform.json("DELETE", api("shop.example"), owner)).toMatchObject({ body: { removed: true } });
    expect((await platform.json("DELETE", api("shop.example"), owner)).body).toEqual({ removed: false });
    expect((await get("shop.example")).status).toBe(404);
    await waitFor(async () => (await published("shop.example")) === null, { timeoutMs: AT_ONCE_MS });
    const actor = { kind: "person", id: expect.any(String), name: "owner" };
    expect(await events("shop.example")).toMatchObject([
      {
        type: "traffic.policy.changed",
        data: { host: "shop.example", settings: ["redirects", "httpsOnly"] },
        actor,
        organisationId: null,
      },
      { type: "traffic.policy.removed", data: { host: "shop.example" }, actor },
    ]);
  });

  test("that is saved as it is changes nothing and tells nothing", async () => {
    const first = await put("same.example", { compress: true });
    const second = await put("same.example", { compress: true });
    expect(second.body.revision).toBe(first.body.revision);
    expect(await events("same.example")).toHaveLength(1);
  });

  test("is for a name, for every name one label below, or for the platform", async () => {
    for (const [given, host] of [
      ["Shop-2.Example.", "shop-2.example"],
      ["*.wild.example", "*.wild.example"],
      ["(platform)", "(platform)"],
    ] as const) {
      expect(await put(given, { sticky: true })).toMatchObject({ status: 200, body: { host } });
      expect((await get(host)).status).toBe(200);
    }
  });

  for (const host of ["*", "a.*.example", "127.0.0.1", "shop_.-", "shop.example:3000", "(other)", "a..b"]) {
    test(`for ${host} is refused`, async () => {
      expect(await put(host, {})).toMatchObject({ status: 400, body: { errors: [{ path: "host" }] } });
    });
  }

  test("for one of the platform's own names says where that one is", async () => {
    const answer = await put("localhost", { compress: true });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid" } });
    expect(answer.body.errors[0].message).toContain("its policy is (platform)");
  });

  const wrong: [name: string, policy: object, path: string, message: RegExp][] = [
    ["a redirect to nowhere", { redirects: [{ from: "/a", to: "there" }] }, "redirects.0.to", /https:\/\/host\/path/],
    [
      "a redirect with another status",
      { redirects: [{ from: "/a", to: "/b", status: 200 }] },
      "redirects.0.status",
      /301/,
    ],
    ["an address that is none", { allow: ["10.0.0.0/8", "10.0.0.0/40"] }, "allow.1", /must be an IP address/],
    ["no users", { basicAuth: { users: [] } }, "basicAuth.users", /at least one user/],
    [
      "a short password",
      { basicAuth: { users: [{ name: "ada", password: "short" }] } },
      "basicAuth.users.0.password",
      /8 characters/,
    ],
    [
      "a user twice",
      { basicAuth: { users: ["a", "b"].map((part) => ({ name: "ada", password: `${part}-long-enough` })) } },
      "basicAuth.users.1.name",
      /listed twice/,
    ],
    [
      "a new user without a password",
      { basicAuth: { users: [{ name: "ada" }] } },
      "basicAuth.users.0.password",
      /ada has no password yet/,
    ],
    [
      "a hash of one's own",
      { basicAuth: { users: [{ name: "ada", passwordHash: "$argon2id$x" }] } },
      "basicAuth.users.0",
      /passwordHash/,
    ],
    ["a setting nobody knows", { surprise: 1 }, "", /surprise/],
  ];
  for (const [name, policy, path, message] of wrong) {
    test(`with ${name} is refused, and says where`, async () => {
      const answer = await put("wrong.example", policy);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid", errors: [{ path }] } });
      expect(answer.body.errors[0].message).toMatch(message);
      expect((await get("wrong.example")).status).toBe(404);
    });
  }

  test("belongs to the instance's owners and operators: nobody else finds it, strangers have to sign in", async () => {
    const others = [
      ...(["admin", "auditor", "developer", "viewer"] as const).map((role) => platform.home.headers(role)),
      platform.organisation("other").headers("owner"),
      platform.home.service("owner"),
      platform.home.granted([]),
    ];
    for (const headers of others) {
      expect((await put("mine.example", {}, headers)).status).toBe(404);
      expect((await platform.json("GET", "/api/v1/traffic/policies", headers)).status).toBe(404);
      expect((await platform.json("GET", "/api/v1/traffic/status", headers)).status).toBe(404);
    }
    const operator = platform.home.operator();
    expect((await platform.json("GET", "/api/v1/traffic/status", operator)).status).toBe(200);
    expect((await put("operated.example", { compress: true }, operator)).status).toBe(200);
    expect((await put("mine.example", {}, {})).status).toBe(401);
    expect((await put("mine.example", {}, await platform.asApp("deployments"))).status).toBe(404);
    expect((await get("mine.example")).status).toBe(404);
  });

  test("that was changed before there were service accounts names its person as ever", async () => {
    await put("older.example", { compress: true });
    const personId = Bun.randomUUIDv7();
    await platform.database.admin`
      update traffic.policies set updated_by = ${platform.database.admin.json({ personId, name: "Ada" })}
      where host = 'older.example'`;
    expect((await get("older.example")).body.updatedBy).toEqual({ kind: "person", id: personId, name: "Ada" });
  });

  test("is listed page by page, each once", async () => {
    for (const name of ["c", "a", "b"]) await put(`${name}.paged.example`, { sticky: true });
    const hosts: string[] = [];
    for (let query = "?limit=2"; query !== ""; ) {
      const { body } = await list(query);
      hosts.push(...body.items.map(({ host }: { host: string }) => host));
      query = body.nextCursor === null ? "" : `?limit=2&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    expect(hosts).toEqual([...new Set(hosts)].toSorted());
    expect(hosts).toContain("b.paged.example");
    expect((await list("?cursor=-")).status).toBe(400);
  });

  test("that two people set at once is one of the two, and published as it is stored", async () => {
    const answers = await Promise.all(
      [301, 302, 307].map((status) => put("race.example", { redirects: [{ from: "/", to: "/there", status }] })),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeGreaterThan(0);
    for (const { status, body } of answers) if (status !== 200) expect([status, body.code]).toEqual([409, "conflict"]);
    const { policy } = (await get("race.example")).body;
    await waitFor(async () => Bun.deepEquals((await published("race.example"))?.policy, policy));
  });
});

test("each change is in the platform's audit log: what it was and what it is, without hashes", async () => {
  const entries = async () => {
    const rows = await platform.database.admin<{ content: string }[]>`
      select content from platform.audit_entries
      where organisation_id is null and subject_id = 'told.example' order by seq`;
    return rows.map(({ content }) => JSON.parse(content));
  };
  const withPassword = (password: string) => ({ basicAuth: { users: [{ name: "ada", password }] } });
  await put("told.example", { compress: true, ...withPassword("correct horse") });
  await put("told.example", { compress: true, ...withPassword("battery staple") });
  await put("told.example", { compress: true, ...withPassword("battery staple") });
  await put("told.example", { sticky: true });
  await platform.json("DELETE", api("told.example"), owner);
  await platform.json("DELETE", api("told.example"), owner);
  const told = await entries();
  const users = [{ name: "ada", passwordHash: "[secret]" }];
  const basicAuth = { realm: "Restricted", users };
  expect(told.map(({ before, after }) => ({ before, after }))).toEqual([
    { before: null, after: { compress: true, basicAuth } },
    { before: { basicAuth }, after: { basicAuth } },
    { before: { compress: true, basicAuth }, after: { sticky: true } },
    { before: { sticky: true }, after: null },
  ]);
  expect(told[0]).toMatchObject({
    app: "traffic",
    action: "policy:write",
    organisationId: null,
    subject: { kind: "policy", id: "told.example" },
    actor: { kind: "person", name: "owner", credential: { kind: "token" } },
  });
  expect(JSON.stringify(told)).not.toMatch(/argon2|correct horse|battery/);
});

describe("passwords", () => {
  const users = async () => (await waitFor(() => published("auth.example"))).policy.basicAuth.users;

  test("are stored and published as argon2id hashes, and never returned", async () => {
    const answer = await put("auth.example", { basicAuth: { users: [{ name: "ada", password: "correct horse" }] } });
    expect(answer.body.policy.basicAuth).toEqual({ realm: "Restricted", users: [{ name: "ada" }] });
    const [{ passwordHash }] = await users();
    expect(passwordHash).toStartWith("$argon2id$v=19$m=19456,t=2,");
    expect(await Bun.password.verify("correct horse", passwordHash)).toBe(true);
    const shown = [answer.body, (await get("auth.example")).body, (await list("")).body, await events("auth.example")];
    expect(JSON.stringify(shown)).not.toMatch(/argon2|correct horse/);
  });

  test("stay when a user is listed without one, change with a new one, and go with their user", async () => {
    const [before] = await users();
    const named = { basicAuth: { users: [{ name: "bob", password: "battery staple" }, { name: "ada" }] } };
    await put("auth.example", named);
    const both = await waitFor(async () => (await users()).length === 2 && (await users()));
    expect(both[1]).toEqual(before);
    await put("auth.example", { basicAuth: { users: [{ name: "bob", password: "another battery" }] } });
    const left = await waitFor(async () => (await users()).length === 1 && (await users()));
    expect(await Bun.password.verify("another battery", left[0].passwordHash)).toBe(true);
  });

  test("that are set to what they are keep their hash", async () => {
    const [before] = await users();
    const again = await put("auth.example", { basicAuth: { users: [{ name: "bob", password: "another battery" }] } });
    expect([again.status, await users()]).toEqual([200, [before]]);
  });
});

test("a password that is changed while somebody else lists its user never comes back", async () => {
  const auth = (...users: object[]) => ({ basicAuth: { users } });
  await put("twice.example", auth({ name: "ada", password: "correct horse" }));
  const answers = await Promise.all([
    put("twice.example", auth({ name: "ada", password: "battery staple" })),
    put("twice.example", auth({ name: "ada" }, { name: "bob", password: "another battery" })),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

describe("the platform's own policy", () => {
  const from = (address: string) => ({ ...owner, "x-forwarded-for": address });
  const loopback = ["127.0.0.0/8", "::1"];

  test("must let loopback and its author in", async () => {
    const alone = await put("(platform)", { allow: ["203.0.113.0/24"] }, from("203.0.113.7"));
    expect(alone).toMatchObject({ status: 400, body: { errors: [{ path: "allow" }] } });
    expect(alone.body.errors[0].message).toContain("would lock out 127.0.0.1 and ::1");
    const author = await put("(platform)", { allow: [...loopback, "203.0.113.0/24"] }, from("198.51.100.1"));
    expect(author.body.errors[0].message).toContain("198.51.100.1, from where you come yourself. Add it");
    const closed = await put("(platform)", { maintenance: {} }, from("198.51.100.1"));
    expect(closed.body.errors[0]).toMatchObject({
      path: "maintenance.except",
      message: expect.stringContaining("198.51.100.1"),
    });
    const fine = { allow: [...loopback, "203.0.113.0/24"], maintenance: { except: [...loopback, "203.0.113.7"] } };
    expect((await put("(platform)", fine, from("203.0.113.7"))).status).toBe(200);
    expect((await put("any.example", { allow: ["192.0.2.1"] }, from("203.0.113.7"))).status).toBe(200);
  });
});
