import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { expectSound, openViewer, tabTo, type Viewer } from "@homeport/kit/test/viewer.ts";
import { PASSWORD } from "../world.ts";
import { type CrowdedWorld, startCrowdedWorld } from "./crowded-world.ts";
import { lookAtAll, softly } from "./looks.ts";

setDefaultTimeout(240_000);

let world: CrowdedWorld;
let viewer: Viewer;
beforeAll(async () => {
  world = await startCrowdedWorld();
  viewer = await openViewer(world, world.ada.headers);
});
afterEach(() => expect(viewer.complaints()).toEqual([]));
afterAll(async () => {
  await viewer?.close();
  await world?.stop();
});

test("every page of one's account is sound in every look", async () => {
  const device = await world.post("/device/code", { clientName: "the-laptop-of-ada-in-the-kitchen" });
  await lookAtAll(viewer, "account", {
    profile: "/account",
    security: "/account/security",
    sessions: "/account/sessions",
    tokens: "/account/tokens",
    delete: "/account/delete",
    confirm: "/sign-in/confirm?next=/account",
    "device-code": `/device?code=${device.body.userCode}`,
  });
});

test("the name is changed with the keyboard; one that is none is refused at its field", async () => {
  const page = await viewer.open("/account");
  const name = page.getByLabel("Your name");
  await tabTo(page, name);
  await name.fill(" ");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect(await name.getAttribute("aria-invalid")).toBe("true");
  await name.fill("Ada Lovelace");
  await softly(page, async () => {
    await page.keyboard.press("Enter");
    await page.getByText("Ada Lovelace").first().waitFor();
  });
  await page.close();
});

test("a token is seen at once, can be copied, and is gone with the next page", async () => {
  const page = await viewer.open("/account/tokens");
  await tabTo(page, page.getByLabel("Name", { exact: true }));
  await page.keyboard.type("deploy script");
  await page.keyboard.press("Enter");
  const copy = page.getByRole("button", { name: "Copy API token" });
  await copy.waitFor();
  expect(await copy.evaluate((element) => element.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
  await copy.press("Enter");
  await page.locator("[data-hp-copy][data-copied]").waitFor();
  for (const [look, width] of [
    ["light", 1280],
    ["narrow", 390],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await expectSound(page, `account-token-made-${look}`);
  }
  await page.goto(page.url());
  expect(await copy.count()).toBe(0);
  await page.close();
});

test("another session is ended, and the browser that is used stays", async () => {
  const page = await viewer.open("/account/sessions");
  const phone = page.getByRole("row", { name: "Safari on iPhone" });
  await phone.getByRole("button", { name: "Sign out" }).press("Enter");
  await phone.waitFor({ state: "detached" });
  await page.getByText("this one").waitFor();
  await page.close();
});

test("an account is not deleted by a slip", async () => {
  const somebody = await openViewer(world, (await world.join("viewer")).headers);
  const page = await somebody.open("/account/delete");
  const address = page.getByLabel("Your e-mail address");
  await tabTo(page, address);
  await page.keyboard.type("somebody@example.com");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect(await address.getAttribute("aria-invalid")).toBe("true");
  await page.getByRole("link", { name: "Keep it" }).click();
  await page.waitForURL(/account$/);
  await somebody.close();
});

test("who one is is confirmed with the keyboard; a wrong password is told at its field", async () => {
  const page = await viewer.open("/sign-in/confirm?next=/account/sessions");
  const password = page.getByLabel("Password");
  await tabTo(page, password);
  await page.keyboard.type("wrong horse");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect(await password.inputValue()).toBe("");
  await expectSound(page, "account-confirm-refused");
  await password.fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(/account\/sessions$/);
  await page.close();
});
