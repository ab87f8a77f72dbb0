import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { person, serviceLike } from "../../test/principals.ts";
import { type TestValkey, testValkey } from "../../test/valkey.ts";
import { waitFor } from "../../test/wait-for.ts";
import { stopProcess } from "../local/daemon.ts";
import { createLogger } from "../log.ts";
import type { MemberPrincipal } from "../principal.ts";
import { connectValkey, type Redis } from "../valkey.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";
import { appKey, CHANGED_CHANNEL } from "./keys.ts";
import { createNavigation, listAppRecords } from "./nav.ts";
import { AppRecord, LEASE_MS } from "./record.ts";

let server: TestValkey;
let valkey: Redis;
let listener: Redis;
const log = createLogger("test");
const messages: unknown[] = [];
const beats: Heartbeat[] = [];

beforeAll(async () => {
  server = await testValkey();
  valkey = connectValkey(server.url);
  listener = connectValkey(server.url);
  listener.on("message", (_channel, text: string) => messages.push(JSON.parse(text)));
  await listener.subscribe(CHANGED_CHANNEL);
}, 60_000);
afterEach(async () => {
  for (const beat of beats.splice(0)) await beat.leave();
  messages.length = 0;
});
afterAll(async () => {
  listener.disconnect();
  valkey.disconnect();
  await server.close();
});

type Changes = Partial<Omit<AppRecord, "state" | "renewedAt">>;

const record = (changes: Changes = {}): Omit<AppRecord, "state" | "renewedAt"> => ({
  schema: 1,
  id: "shop",
  name: "Shop",
  icon: "store",
  instance: Bun.randomUUIDv7(),
  version: "1",
  baseUrl: "http://127.0.0.1:1",
  routes: ["/api/v1/shop"],
  nav: [{ id: "shop", label: "Shop", href: "/shop", icon: "store", order: 20 }],
  commands: [],
  widgets: [],
  openapi: null,
  startedAt: new Date().toISOString(),
  ...changes,
});

const start = (changes: Changes = {}, beatMs?: number) => {
  const wanted = record(changes);
  const heartbeat = startHeartbeat(valkey, wanted, log, beatMs);
  beats.push(heartbeat);
  return { heartbeat, key: appKey(wanted.id, wanted.instance) };
};

const stored = async (key: string) => {
  const text = await server.redis.get(key);
  return text === null ? null : AppRecord.parse(JSON.parse(text));
};

test("an instance announces itself with a lease, and each change of its state at once", async () => {
  const { heartbeat, key } = start();
  await heartbeat.announce("ready");
  expect((await stored(key))?.state).toBe("ready");
  const ttlMs = await server.redis.pttl(key);
  expect(ttlMs).toBeGreaterThan(LEASE_MS - 5_000);
  expect(ttlMs).toBeLessThanOrEqual(LEASE_MS);
  await heartbeat.announce("draining");
  expect((await stored(key))?.state).toBe("draining");
  await waitFor(() => messages.length === 2);
  expect(messages).toEqual([
    { kind: "app", key },
    { kind: "app", key },
  ]);
});

test("leaving takes the record away, says so, and nothing brings it back", async () => {
  const { heartbeat, key } = start();
  await heartbeat.announce("ready");
  await Promise.all([heartbeat.announce("draining"), heartbeat.leave()]);
  expect(await stored(key)).toBeNull();
  await waitFor(() => messages.some((message) => (message as { leave?: boolean }).leave === true));
  await heartbeat.announce("ready");
  valkey.emit("ready"); // as after a reconnect
  await valkey.ping();
  expect(await stored(key)).toBeNull();
});

test("a wiped Valkey has the record again within one beat, and a reconnect is a beat", async () => {
  const { heartbeat, key } = start({}, 20);
  await heartbeat.announce("ready");
  await server.flush();
  await waitFor(() => stored(key));
  const patient = start();
  await patient.heartbeat.announce("ready");
  await server.flush();
  valkey.emit("ready");
  await waitFor(() => stored(patient.key));
});

test("another kind of value in its place gives way with the next beat", async () => {
  const { heartbeat, key } = start();
  await heartbeat.announce("ready");
  await server.redis.del(key);
  await server.redis.hset(key, { some: "field" });
  await heartbeat.announce("ready");
  expect((await stored(key))?.state).toBe("ready");
});

test("beats that overtake each other stay one beat", async () => {
  const { heartbeat, key } = start({}, 100);
  await Promise.all(Array.from({ length: 50 }, () => heartbeat.announce("ready")));
  await waitFor(() => messages.length === 50);
  await server.redis.del(key);
  await waitFor(() => messages.length > 50);
  expect(messages.length).toBeLessThan(60);
});

test("a beat that changes nothing renews the lease without a word", async () => {
  const { heartbeat, key } = start({}, 20);
  await heartbeat.announce("ready");
  const first = (await stored(key))?.renewedAt;
  await waitFor(async () => (await stored(key))?.renewedAt !== first);
  await waitFor(() => messages.length > 0);
  expect(messages).toEqual([{ kind: "app", key }]);
});

test("a beat does not fail while Valkey is away: the next one tells", async () => {
  const away = await testValkey();
  const own = connectValkey(away.url);
  const heartbeat = startHeartbeat(own, record(), log);
  if (away.pid !== null) await stopProcess(away.pid, /^(redis|valkey)-server/, "SIGKILL", 5_000);
  await heartbeat.announce("ready");
  await heartbeat.leave();
  own.disconnect();
  await away.close();
}, 30_000);

test("a record that breaks its schema or is too large does not start", () => {
  expect(() => start({ baseUrl: "ftp://x" })).toThrow();
  const nav = Array.from({ length: 32 }, (_, i) => ({
    id: `${i}`,
    label: "€".repeat(60),
    href: "€".repeat(200),
    icon: "€".repeat(40),
    order: i,
  }));
  const commands = Array.from({ length: 64 }, () => ({ id: "x", label: "€".repeat(80), href: "€".repeat(200) }));
  expect(() => start({ nav, commands })).toThrow(/larger than/);
});

test("navigation is what the apps that are up declare, in order, for the roles that may see it", async () => {
  await server.flush();
  const item = (id: string, order: number) => ({ id, label: id, href: `/${id}`, icon: "users", order });
  const people = { ...item("people", 5), roles: ["owner" as const] };
  const nodes = { ...item("nodes", 6), instance: ["owner" as const, "operator" as const] };
  const licence = { ...item("licence", 7), instance: ["owner" as const] };
  await start().heartbeat.announce("ready");
  await start().heartbeat.announce("ready"); // a second instance of the same app
  await start({ id: "auth", nav: [licence, nodes, people] }).heartbeat.announce("ready");
  await server.redis.set(appKey("odd", "1"), "{ broken");
  await server.redis.set(appKey("odd", "2"), '{"schema":2}');
  expect((await listAppRecords(valkey)).map((each) => each.id).sort()).toEqual(["auth", "shop", "shop"]);
  const navigation = createNavigation(valkey);
  const shownTo = async (member: MemberPrincipal) => (await navigation.itemsFor(member)).map(({ id }) => id);
  const operator = person("viewer", { instanceRole: "operator" });
  expect(await shownTo(person("owner"))).toEqual(["people", "shop"]);
  expect(await shownTo(person("viewer"))).toEqual(["shop"]);
  expect(await shownTo(operator)).toEqual(["nodes", "shop"]);
  expect(await shownTo(person("owner", { instanceRole: "owner" }))).toEqual(["people", "nodes", "licence", "shop"]);
  expect(await shownTo(serviceLike(person("owner", { instanceRole: "owner" }), ["*"]))).toEqual(["people", "shop"]);
  await server.flush();
  expect(await shownTo(person("viewer"))).toEqual(["shop"]);
});

test("an instance of a later version is seen without what only that one knows, and never with what looks harmless", async () => {
  const later = (changes: object) => ({ ...record(), state: "ready", renewedAt: new Date().toISOString(), ...changes });
  const seen = AppRecord.parse(
    later({
      nav: [{ id: "x", label: "X", href: "/x", icon: "x", order: 1, roles: ["archivist"] }],
      settings: [{ type: "colour", key: "tint" }],
      environment: { tint: { hex: "fff" } },
      actions: ["order:place"],
      dangerous: ["order:erase"],
    }),
  );
  expect(seen).toMatchObject({ id: "shop", nav: [], actions: ["order:place"], dangerous: ["order:erase"] });
  expect([seen.settings, seen.environment]).toEqual([undefined, undefined]);
  const unknown = later({ actions: ["order:erase"], dangerous: [{ name: "order:erase" }] });
  expect(AppRecord.safeParse(unknown).success).toBe(false);
  const settings = [{ type: "colour", key: "tint" }] as unknown as AppRecord["settings"];
  expect(() => start({ settings })).toThrow(); // who writes it knows its own words
});
