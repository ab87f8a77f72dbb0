import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createWorld, type World } from "./stage.ts";

setDefaultTimeout(60_000); // the first start builds the pages' assets

const A_SECOND = { timeoutMs: 1_000 };

let world: World;
beforeAll(async () => {
  world = await createWorld({ settingEnv: { HOMEPORT_SHOP_DAYS: "7" } });
});
beforeEach(async () => {
  await world.platform.database.admin`update platform.settings set value = null, value_sealed = null`;
  await waitFor(() => world.get("days") === 7 && world.get("relay") === null);
});
afterAll(() => world.platform.stop());

const events = () => world.platform.database.admin<{ subject: string; data: unknown; actor: unknown }[]>`
  select subject, data, actor from platform.events where source = 'settings' order by id`;
const entries = () => world.platform.database.admin<{ content: string }[]>`
  select content from platform.audit_entries where app = 'settings' and organisation_id is null order by id`;
const inValkey = async (): Promise<string> => {
  const { valkey } = world.platform.platform;
  const keys = await valkey.keys("*");
  const dumps = await Promise.all(keys.map((key) => valkey.dumpBuffer(key)));
  return Buffer.concat(dumps.flatMap((dump) => dump ?? [])).toString("latin1");
};

describe("settings", () => {
  test("of all apps are listed with what they are and why", async () => {
    const { status, body } = await world.api("GET", "/values");
    expect(status).toBe(200);
    expect(body.items).toMatchObject([{ app: "shop", name: "Shop", state: "running" }]);
    expect(body.items[0].settings).toHaveLength(8);
    expect(await world.setting("shop.days")).toMatchObject({ value: 7, source: "environment" });
    expect(await world.setting("shop.greeting")).toMatchObject({ value: "Hello", source: "default" });
    expect(await world.setting("shop.relay")).toMatchObject({ value: null, isSet: false, source: "default" });
  });

  test("that are put are read by the app within a second, and each is told and recorded", async () => {
    const before = { events: (await events()).length, entries: (await entries()).length };
    const answer = await world.put({ "shop.days": 30, "shop.hosts": ["a", "b"] });
    expect(answer).toMatchObject({ status: 200, body: { changed: ["shop.days", "shop.hosts"] } });
    await waitFor(() => world.get("days") === 30 && world.get("hosts").length === 2, A_SECOND);
    expect(await world.setting("shop.days")).toMatchObject({ value: 30, source: "stored", changedBy: "owner" });
    expect((await events()).slice(before.events)).toMatchObject([
      {
        subject: "shop.days",
        data: { app: "shop", key: "days", reset: false },
        actor: { kind: "person", name: "owner" },
      },
      { subject: "shop.hosts" },
    ]);
    const [entry] = (await entries()).slice(before.entries).map(({ content }) => JSON.parse(content));
    expect(entry.subject).toEqual({ kind: "setting", id: "shop.days" }); // a label is not unique
    expect(entry).toMatchObject({
      action: "setting:write",
      actor: { kind: "person", name: "owner" },
      before: { current: 7, source: "environment" },
      after: { current: 30, source: "stored" },
    });
  });

  test("that are put as they are change nothing and tell nothing", async () => {
    await world.put({ "shop.days": 30 });
    const before = (await events()).length;
    expect((await world.put({ "shop.days": 30 })).body).toEqual({ changed: [] });
    expect(await events()).toHaveLength(before);
  });

  test("are put all or none, with an issue for each that is wrong", async () => {
    const answer = await world.put({ "shop.days": 20, "shop.mode": "odd", "shop.sender": "ada", "shop.weeks": 1 });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { path: "shop.mode", message: "must be one of: fast, careful" },
      { path: "shop.sender", message: "must be an e-mail address" },
      { path: "shop.weeks", message: "there is no such setting" },
    ]);
    expect(await world.setting("shop.days")).toMatchObject({ value: 7, source: "environment" });
  });

  test("that are reset are the environment's or the default again", async () => {
    await world.put({ "shop.days": 30, "shop.greeting": "Hi" });
    const reset = await world.api("POST", "/values/reset", { names: ["shop.days", "shop.greeting", "shop.open"] });
    expect(reset).toMatchObject({ status: 200, body: { changed: ["shop.days", "shop.greeting"] } });
    await waitFor(() => world.get("days") === 7 && world.get("greeting") === "Hello", A_SECOND);
    const unknown = await world.api("POST", "/values/reset", { names: ["shop.weeks"] });
    expect(unknown.body.errors).toEqual([{ path: "shop.weeks", message: "there is no such setting" }]);
  });

  test("that two put at once are one after the other, each with its version", async () => {
    const puts = Array.from({ length: 10 }, (_, i) => world.put({ "shop.days": 40 + i, "shop.open": i % 2 === 0 }));
    for (const { status } of await Promise.all(puts)) expect(status).toBe(200);
    const [row] = await world.platform.database.admin<{ last: number; taken: number }[]>`
      select max(s.version) as last, (select version from settings.setting_version) as taken from platform.settings s`;
    expect(row?.last).toBe(row!.taken);
    const days = (await world.setting("shop.days")).value;
    expect((await world.setting("shop.open")).value).toBe(days % 2 === 0); // both of one put
  });

  test("are for owners of the platform only", async () => {
    const { home, organisation, json } = world.platform;
    for (const headers of [home.headers("admin"), organisation("other").headers("owner")]) {
      expect((await json("GET", "/api/v1/settings/values", headers)).status).toBe(404);
      expect((await json("PUT", "/api/v1/settings/values", headers, { values: {} })).status).toBe(404);
      expect((await json("POST", "/api/v1/settings/keys", headers, {})).status).toBe(404);
    }
    expect((await json("GET", "/api/v1/settings/values", {})).status).toBe(401);
    const narrow = home.headers("owner", ["setting:read"]);
    expect((await json("GET", "/api/v1/settings/values", narrow)).status).toBe(200);
    expect((await json("PUT", "/api/v1/settings/values", narrow, { values: { "shop.days": 1 } })).status).toBe(403);
  });
});

describe("a secret", () => {
  const WORD = "correct-horse-battery";

  test("reaches its app and is in no answer, event, entry, export or place in Valkey", async () => {
    const put = await world.put({ "shop.relay": WORD });
    expect(put.body).toEqual({ changed: ["shop.relay"] });
    await waitFor(() => world.get("relay")?.reveal() === WORD, A_SECOND);
    const answers = await Promise.all(["/values", "/export"].map((path) => world.api("GET", path)));
    const page = await (await world.platform.request("/admin/settings", { headers: world.owner })).text();
    const everywhere = JSON.stringify([put.body, answers, await events(), await entries()]) + page + (await inValkey());
    expect(everywhere).not.toContain(WORD);
    expect(await world.setting("shop.relay")).toMatchObject({ value: null, isSet: true, source: "stored" });
    const [row] = (await world.platform.database.admin`
      select value, value_sealed as sealed from platform.settings where key = 'relay'`) as never as [
      { value: unknown; sealed: Buffer },
    ];
    expect(row.value).toBeNull();
    expect(row.sealed.toString("latin1")).not.toContain(WORD);
  });

  test("that is reset is gone", async () => {
    await world.put({ "shop.relay": WORD });
    await waitFor(() => world.get("relay") !== null, A_SECOND);
    await world.api("POST", "/values/reset", { names: ["shop.relay"] });
    await waitFor(() => world.get("relay") === null, A_SECOND);
    expect(await world.setting("shop.relay")).toMatchObject({ isSet: false });
  });

  test("that is refused is not repeated", async () => {
    const { status, body } = await world.put({ "shop.relay": "", "shop.days": 0 });
    expect(status).toBe(400);
    expect(body.errors[0]).toEqual({ path: "shop.relay", message: "must not be empty" });
    const long = await world.put({ "shop.relay": WORD.repeat(600) });
    expect(long.status).toBe(400);
    expect(JSON.stringify(long.body)).not.toContain(WORD);
  });
});
