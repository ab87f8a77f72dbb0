import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { expectAccessible } from "@homeport/kit/test/browser.ts";
import { openViewer, tabTo, type Viewer } from "@homeport/kit/test/viewer.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createWorld, type World } from "./stage.ts";

setDefaultTimeout(90_000);

let world: World;
let viewer: Viewer;
beforeAll(async () => {
  world = await createWorld({ settingEnv: { HOMEPORT_SHOP_DAYS: "7" } });
  viewer = await openViewer(world.platform, world.owner);
});
afterEach(() => expect(viewer.complaints()).toEqual([]));
afterAll(async () => {
  await viewer.close();
  await world.platform.stop();
});

test("the pages are accessible in every look", async () => {
  await world.put({ "shop.greeting": "Good day", "shop.relay": "word", "shop.hosts": ["a", "b"] });
  await viewer.look("/admin/settings", "settings-settings");
  await viewer.look("/admin/settings/transfer", "settings-transfer");
  await viewer.look("/admin/settings/keys", "settings-keys");
});

test("settings are changed with the keyboard; Enter saves and resets nothing", async () => {
  await world.put({ "shop.days": 20, "shop.open": true });
  const page = await viewer.open("/admin/settings");
  await tabTo(page, page.getByLabel("Days"));
  await page.getByLabel("Days").fill("many");
  await page.getByLabel("Days").press("Enter");
  const errors = page.locator("[data-hp-errors]");
  await errors.getByRole("link", { name: /^Must be a whole number/ }).press("Enter");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("shop.days");
  await expectAccessible(page);
  await page.getByLabel("Days").fill("21");
  await page.getByLabel("Days").press("Enter");
  await waitFor(() => world.get("days") === 21);
  await errors.waitFor({ state: "detached" }); // a press before the answer is shown would be on the page that it replaces
  await page.getByRole("button", { name: "Reset Days" }).press("Enter");
  await waitFor(() => world.get("days") === 7);
  await page.getByText("From HOMEPORT_SHOP_DAYS").waitFor();
  await page.close();
});

test("without scripts settings are changed, imported, and keys made after a question", async () => {
  const page = await viewer.open("/admin/settings", { javaScriptEnabled: false });
  await page.getByLabel("Mode").selectOption("Careful");
  await page.getByRole("button", { name: "Save Mail" }).click();
  await waitFor(() => world.get("mode") === "careful");
  await page.getByRole("link", { name: "Export and import" }).click();
  const document = { format: 1, exportedAt: new Date().toISOString(), settings: { "shop.mode": "fast", "bank.x": 1 } };
  await page.getByLabel("Content of the file").fill(JSON.stringify(document));
  await page.getByRole("button", { name: "Show what would change" }).click();
  await page.getByText("bank.x").first().waitFor();
  expect(world.get("mode")).toBe("careful");
  await page.getByRole("button", { name: "Change this setting" }).click();
  await waitFor(() => world.get("mode") === "fast");
  await page.getByRole("link", { name: "Keys" }).click();
  await page.getByRole("button", { name: "Make a new key" }).click();
  await page.getByRole("heading", { name: "Make a new key?" }).waitFor();
  await page.getByRole("button", { name: "Make a new key" }).click();
  await page.getByText("about to be used").waitFor();
  await page.close();
});
