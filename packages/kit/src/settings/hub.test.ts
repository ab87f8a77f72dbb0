import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { waitFor } from "../../test/wait-for.ts";
import { jsonb, type Sql } from "../db/connect.ts";
import { startEventLog } from "../events/log.ts";
import { createKeyring } from "../keys/keyring.ts";
import { Secret } from "../secret.ts";
import { settingPlace, settingsOf } from "./app-settings.ts";
import { defineSettings } from "./declaration.ts";
import { type SettingsHub, type SettingsHubOptions, startSettingsHub } from "./hub.ts";

const common = { group: "Orders", description: "For the test." };
const declared = defineSettings([
  { ...common, key: "days", label: "Days", type: "integer", default: 14, min: 1, max: 100, env: "HOMEPORT_SHOP_DAYS" },
  { ...common, key: "open", label: "Open", type: "boolean", default: true },
  { ...common, key: "token", label: "Token", type: "secret", env: "HOMEPORT_SHOP_KEY" },
  {
    ...common,
    key: "mode",
    label: "Mode",
    type: "choice",
    default: "fast",
    options: [
      { value: "fast", label: "Fast" },
      { value: "careful", label: "Careful" },
    ],
  },
  { ...common, key: "hosts", label: "Hosts", type: "lines", default: [], maxItems: 3 },
]);

/** What the rows say of a second is there within it. */
const A_SECOND = { timeoutMs: 1_000 };

let db: TestDatabase;
let writer: Sql;
const dataKey = { id: 1, key: randomBytes(32), activeAt: 0 };
const keyring = createKeyring(() => [dataKey]);
/** Of processes that know of no change of keys. */
const steady = { open: keyring.open, subscribe: () => () => undefined };
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  db = await testDatabase([{ app: "settings" }, { app: "shop" }]);
  writer = db.connect("settings");
}, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await db.admin`truncate platform.settings`;
});
afterAll(() => db.drop());

/** What one process has, apart from its apps. */
const startProcess = async (
  env: Record<string, string> = {},
  keys: SettingsHubOptions["keys"] = steady,
): Promise<SettingsHub> => {
  const hub = await startSettingsHub({ sql: db.admin, keys, env: (name) => env[name] });
  const events = await startEventLog({ sql: db.admin, channels: [hub.channel] });
  ends.push(hub.stop, events.stop);
  return hub;
};

const shopOf = (hub: SettingsHub) => settingsOf({ settings: hub.open("shop", declared) }, declared);

let version = 0;
const store = (key: string, value: unknown, sealed: Buffer | null = null) => writer`
  insert into platform.settings (app, key, value, value_sealed, updated_by, updated_at, version)
  values ('shop', ${key}, ${value === null ? null : jsonb(writer, value)}, ${sealed}, 'Ada', now(), ${++version})
  on conflict (app, key) do update set
    value = excluded.value, value_sealed = excluded.value_sealed, version = excluded.version`;

/** Those that listen, which are the only ones that sequence events. */
const cutConnections = () =>
  waitFor(async () => {
    const cut = await db.admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like '%sequence_events%' and pid <> pg_backend_pid()`;
    return cut.length > 0;
  });

describe("settings", () => {
  test("are the default, unless the environment says otherwise, unless somebody stored another value", async () => {
    await store("open", false);
    const shop = shopOf(await startProcess({ HOMEPORT_SHOP_DAYS: "7" }));
    expect([shop.get("days"), shop.get("open"), shop.get("mode"), shop.get("hosts")]).toEqual([7, false, "fast", []]);
    expect(shop.get("token")).toBeNull();
    await store("days", 30);
    await waitFor(() => shop.get("days") === 30, A_SECOND);
    await store("days", null);
    await waitFor(() => shop.get("days") === 7, A_SECOND);
  });

  test("are typed by their declarations", async () => {
    const shop = shopOf(await startProcess());
    const days: number = shop.get("days");
    const open: boolean = shop.get("open");
    const token: Secret | null = shop.get("token");
    const mode: "fast" | "careful" = shop.get("mode");
    const hosts: readonly string[] = shop.get("hosts");
    expect([days, open, token, mode, hosts]).toEqual([14, true, null, "fast", []]);
    // @ts-expect-error a number is no text
    const wrong: string = shop.get("days");
    // @ts-expect-error nobody declared it
    expect(() => shop.get("weeks")).toThrow("weeks");
    expect(wrong).toBeNumber();
  });

  test("that change are in every process within a second, and its listeners hear of them once", async () => {
    const [first, second] = [shopOf(await startProcess()), shopOf(await startProcess())];
    const heard: unknown[] = [];
    second.onChange(() => {
      throw new Error("this one fails");
    });
    const forget = second.onChange((keys) => heard.push(keys));
    await store("mode", "careful");
    await waitFor(() => first.get("mode") === "careful" && second.get("mode") === "careful", A_SECOND);
    expect(heard).toEqual([["mode"]]);
    forget();
    await store("mode", "fast");
    await waitFor(() => second.get("mode") === "fast", A_SECOND);
    expect(heard).toHaveLength(1);
  });

  test("that change while the connection is away are there when it is back, and later ones, too", async () => {
    const shop = shopOf(await startProcess());
    await store("days", 20);
    await waitFor(() => shop.get("days") === 20, A_SECOND);
    await cutConnections();
    await store("days", 21);
    await waitFor(() => shop.get("days") === 21);
    await store("days", 22);
    await waitFor(() => shop.get("days") === 22, A_SECOND);
  });

  test("that do not fit any more are what they would be without", async () => {
    await store("days", 1000);
    await store("mode", "odd");
    await store("open", null, keyring.seal(settingPlace("shop", "open"), "true"));
    const shop = shopOf(await startProcess({ HOMEPORT_SHOP_DAYS: "7" }));
    expect([shop.get("days"), shop.get("mode"), shop.get("open")]).toEqual([7, "fast", true]);
  });

  test("that nobody declared cannot be read, and a wrong environment refuses the start", async () => {
    const hub = await startProcess({ HOMEPORT_SHOP_DAYS: "many" });
    expect(() => hub.open("shop", declared)).toThrow("HOMEPORT_SHOP_DAYS: must be a whole number from 1 to 100");
    expect(() => settingsOf({ settings: hub.open("shop", []) }, declared)).toThrow("days");
  });
});

describe("secrets", () => {
  const sealed = (text: string, of = "token") => keyring.seal(settingPlace("shop", of), text);

  test("are opened, come from the environment until then, and do not print", async () => {
    const shop = shopOf(await startProcess({ HOMEPORT_SHOP_KEY: "from outside" }));
    expect(shop.get("token")?.reveal()).toBe("from outside");
    await store("token", null, sealed("hidden"));
    await waitFor(() => shop.get("token")?.reveal() === "hidden", A_SECOND);
    expect(shop.get("token")).toBeInstanceOf(Secret);
    expect(JSON.stringify(shop.get("token"))).not.toContain("hidden");
  });

  test("whose key is not there yet are opened when it is", async () => {
    const held: (typeof dataKey)[] = [];
    const listeners = new Set<() => void>();
    const late = createKeyring(() => held);
    const subscribe = (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    const hub = await startProcess({ HOMEPORT_SHOP_KEY: "from outside" }, { open: late.open, subscribe });
    const shop = shopOf(hub);
    const heard: unknown[] = [];
    shop.onChange((keys) => heard.push(keys));
    await store("token", null, sealed("hidden"));
    await store("days", 16);
    await waitFor(() => shop.get("days") === 16, A_SECOND);
    expect(shop.get("token")?.reveal()).toBe("from outside");
    held.push(dataKey);
    for (const listener of listeners) listener();
    await waitFor(() => shop.get("token")?.reveal() === "hidden", A_SECOND);
    expect(heard.at(-1)).toEqual(["token"]);
    await hub.stop();
    expect(listeners.size).toBe(0);
  });

  test("of another place or in the open are none", async () => {
    await store("token", null, sealed("hidden", "other"));
    const shop = shopOf(await startProcess());
    expect(shop.get("token")).toBeNull();
    await store("token", "in the open");
    await store("days", 15);
    await waitFor(() => shop.get("days") === 15, A_SECOND);
    expect(shop.get("token")).toBeNull();
  });
});

describe("the table", () => {
  test("shows an app its own settings only, and lets only the settings app write", async () => {
    await store("days", 3);
    await writer`
      insert into platform.settings (app, key, value, updated_by, updated_at, version)
      values ('mail', 'days', '4', 'Ada', now(), 1)`;
    const shop = db.connect("shop");
    expect(await shop<{ app: string }[]>`select app from platform.settings`).toEqual([{ app: "shop" }] as never);
    expect((await shop`update platform.settings set value = '5' returning app`).count).toBe(0);
    const forged = shop`
      insert into platform.settings (app, key, value, updated_by, updated_at, version)
      values ('shop', 'open', 'true', 'Eve', now(), 1)`;
    expect(async () => await forged).toThrow("row-level security");
    expect(async () => await writer`delete from platform.settings`).toThrow("permission denied");
  });
});
