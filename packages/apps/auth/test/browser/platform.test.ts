import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { expectSound, openViewer, tabTo, type Viewer } from "@homeport/kit/test/viewer.ts";
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

test("every page of the platform's people is sound in every look", () =>
  lookAtAll(viewer, "platform", {
    people: "/admin/people",
    nobody: "/admin/people?search=nobody-like-this",
    person: `/admin/people/${world.longest.id}`,
    organisations: "/admin/organisations",
    organisation: "/admin/organisations/organisation-0",
    "sign-in": "/admin/sign-in",
    audit: "/admin/audit",
  }));

test("somebody is found, suspended and let back in with the keyboard", async () => {
  const page = await viewer.open("/admin/people");
  await tabTo(page, page.getByLabel("A part of the e-mail address or the name"));
  await page.keyboard.type("person-59@");
  await softly(page, async () => {
    await page.keyboard.press("Enter");
    await page.waitForURL(/search=person-59/);
  });
  await page.getByRole("link", { name: "person-59@example.com" }).press("Enter");
  await page.waitForURL(/people\/[0-9a-f-]{36}$/);
  await tabTo(page, page.getByLabel("Why"));
  await page.keyboard.type("left the company");
  await page.keyboard.press("Enter");
  const back = page.getByRole("button", { name: "Let them back in" });
  await back.waitFor();
  await expectSound(page, "platform-person-suspended");
  await back.press("Enter");
  await page.getByRole("button", { name: "Suspend", exact: true }).waitFor();
  await page.close();
});

test("an organisation is renamed; it is removed only by its name", async () => {
  const page = await viewer.open("/admin/organisations/organisation-54");
  const name = page.getByRole("textbox", { name: "Name" });
  await tabTo(page, name);
  await name.fill("The last one");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The last one" }).waitFor();
  await page.locator('hp-island[name="confirm"][data-started]').waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Remove the organisation" }).press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("organisation-5");
  await page.keyboard.press("Enter");
  await dialog.getByRole("textbox").fill("organisation-54");
  await expectSound(page, "platform-organisation-question");
  await page.keyboard.press("Enter");
  await page.waitForURL(/admin\/organisations$/);
  await page.close();
});

test("a rule that cannot be is refused at its field, and an address is tried", async () => {
  const page = await viewer.open("/admin/sign-in");
  await page.getByLabel("Looks at").selectOption("regex");
  const pattern = page.getByLabel("Pattern", { exact: true });
  await tabTo(page, pattern);
  await page.keyboard.type("(");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect([await pattern.getAttribute("aria-invalid"), await pattern.inputValue()]).toEqual(["true", "("]);
  await page.getByLabel("E-mail", { exact: true }).fill("spam1@mail.example.com");
  await page.keyboard.press("Enter");
  await page.getByText("spam1@mail.example.com may not sign in.").waitFor();
  await expectSound(page, "platform-sign-in-tried");
  await page.close();
});
