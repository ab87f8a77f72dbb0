import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startApp } from "@homeport/kit/app.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createShop, createWorld, shopSettings, type World } from "./stage.ts";

setDefaultTimeout(60_000); // the first start builds the pages' assets

let world: World;
beforeAll(async () => {
  world = await createWorld({
    settingEnv: { HOMEPORT_SHOP_RELAY: "from-outside-only", HOMEPORT_BANK_DAYS: "soon" },
  });
});
afterAll(() => world.platform.stop());

const stateOf = async (app: string) =>
  (await world.api("GET", "/values")).body.items.find((item: { app: string }) => item.app === app)?.state;

test("an app whose environment is wrong for a setting does not start, and the sentence says why", async () => {
  const bank = createShop("bank", [{ ...shopSettings[0], env: "HOMEPORT_BANK_DAYS" }]);
  await expect(startApp(bank.app, world.platform.platform)).rejects.toThrow(
    "The environment is not usable:\n  HOMEPORT_BANK_DAYS: must be a whole number from 1 to 100 (days)",
  );
});

test("a secret of the environment is known to be set, and nothing more", async () => {
  expect(world.get("relay")?.reveal()).toBe("from-outside-only");
  expect(await world.setting("shop.relay")).toMatchObject({ isSet: true, source: "environment", value: null });
  const { valkey } = world.platform.platform;
  const [key] = await valkey.keys("hp:apps:shop:*");
  const record = await valkey.get(key!);
  expect(record).toContain('"relay":null');
  expect(record).not.toContain("from-outside-only");
});

test("the settings of an app that was stopped can be changed, and hold when it starts", async () => {
  const running = await startApp(createShop("cafe").app, world.platform.platform);
  expect(await stateOf("cafe")).toBe("running");
  await running.stop();
  expect(await stateOf("cafe")).toBe("stopped");
  const page = await (await world.platform.request("/admin/settings", { headers: world.owner })).text();
  expect(page).toContain("not running");
  expect((await world.put({ "cafe.days": 50 })).status).toBe(200);
  const cafe = createShop("cafe");
  const started = await startApp(cafe.app, world.platform.platform);
  await waitFor(() => cafe.get("days") === 50); // the process hears of a change within moments, not at once
  await started.stop();
});

test("an app that declares others, or none any more, is shown as it is now", async () => {
  const first = await startApp(createShop("kiosk").app, world.platform.platform);
  expect((await world.setting("kiosk.hosts")).name).toBe("kiosk.hosts");
  await first.stop();
  const second = await startApp(createShop("kiosk", shopSettings.slice(0, 1)).app, world.platform.platform);
  expect(await world.setting("kiosk.hosts")).toBeUndefined();
  expect((await world.setting("kiosk.days")).name).toBe("kiosk.days");
  await second.stop();
});

test("while Valkey is away the settings that were declared last are shown, and can be changed", async () => {
  expect(await stateOf("shop")).toBe("running");
  const { valkey } = world.platform.platform;
  await valkey.call("CLIENT", "PAUSE", "4000", "ALL");
  expect(await stateOf("shop")).toBe("unknown");
  expect((await world.put({ "shop.days": 44 })).status).toBe(200);
});
