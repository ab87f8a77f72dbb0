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

test("every page is sound in every look, with all that years bring", () =>
  lookAtAll(viewer, "organisation", {
    members: "/organisation",
    member: `/organisation/members/${world.longest.id}`,
    teams: "/organisation/teams",
    team: "/organisation/teams/backend",
    projects: "/organisation/projects",
    project: "/organisation/projects/shop",
    invites: "/organisation/invites",
    "service-accounts": "/organisation/service-accounts",
    "service-account": "/organisation/service-accounts/deploys",
    settings: "/organisation/settings",
    audit: "/organisation/audit",
    organisations: "/organisations",
  }));

test("every page is sound while there is nothing to show, and for who may only read", async () => {
  const { headers } = await world.stranger("lonely");
  const alone = await openViewer(world, headers);
  await lookAtAll(alone, "organisation-empty", {
    teams: "/organisation/teams",
    projects: "/organisation/projects",
    invites: "/organisation/invites",
    "service-accounts": "/organisation/service-accounts",
    audit: "/organisation/audit",
  });
  await alone.close();
  const reader = await openViewer(world, (await world.join("viewer")).headers);
  await lookAtAll(reader, "organisation-reader", { teams: "/organisation/teams", settings: "/organisation/settings" });
  await reader.close();
});

test("sixty members are two pages, and the way back is there", async () => {
  const page = await viewer.open("/organisation");
  const rows = page.getByRole("table", { name: "Members" }).locator("tbody tr");
  expect(await rows.count()).toBe(50);
  await softly(page, () => page.getByRole("link", { name: "Next page" }).click());
  await page.waitForURL(/after=/);
  expect(await rows.count()).toBeLessThan(50);
  await page.getByRole("link", { name: "First page" }).click();
  await page.waitForURL(/organisation$/);
  await page.close();
});

test("a team is made with the keyboard; what is refused stays, with what is wrong at its field", async () => {
  const page = await viewer.open("/organisation/teams");
  const slug = page.getByRole("textbox", { name: "Short name" });
  await tabTo(page, slug);
  await page.keyboard.type("Not OK");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").getByRole("link").press("Enter");
  expect(await slug.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await slug.getAttribute("aria-invalid")).toBe("true");
  expect(await slug.inputValue()).toBe("Not OK");
  await expectSound(page, "organisation-team-refused");
  await slug.fill("frontend");
  await softly(page, async () => {
    await page.keyboard.press("Enter");
    await page.waitForURL(/teams\/frontend$/);
  });
  await page.getByLabel("E-mail address of a member").fill("nobody@example.com");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  await page.getByLabel("E-mail address of a member").fill(world.longest.email);
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: world.longest.email }).getByRole("button", { name: "Take out" }).click();
  await page.getByText("Nobody is in this team yet").waitFor();
  await page.close();
});

test("the link of an invite is seen at once, can be copied, and is gone with the next page", async () => {
  const page = await viewer.open("/organisation/invites");
  await tabTo(page, page.getByLabel("E-mail", { exact: true }));
  await page.keyboard.type("copied@example.com");
  await page.keyboard.press("Enter");
  const copy = page.getByRole("button", { name: "Copy invite link" });
  await copy.waitFor();
  const isInView = () => copy.evaluate((element) => element.getBoundingClientRect().bottom <= innerHeight);
  expect([await isInView(), await page.evaluate(() => scrollY)]).toEqual([true, 0]);
  await copy.press("Enter");
  await page.locator("[data-hp-copy][data-copied]").waitFor();
  await page.setViewportSize({ width: 390, height: 900 });
  await expectSound(page, "organisation-invited-narrow");
  await page.setViewportSize({ width: 1280, height: 900 });
  await expectSound(page, "organisation-invited-light");
  await page.getByRole("link", { name: "Teams", exact: true }).click();
  await page.getByRole("heading", { name: "Teams" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Open invites" }).waitFor();
  expect(await copy.count()).toBe(0);
  await page.close();
});

test("a service account is made and given a token, whose scopes are asked for only when they are chosen", async () => {
  const page = await viewer.open("/organisation/service-accounts");
  await page.getByRole("textbox", { name: "Short name" }).fill("nightly");
  await page.keyboard.press("Enter");
  await page.waitForURL(/service-accounts\/nightly$/);
  const scopes = page.getByLabel("Scopes");
  expect(await scopes.isVisible()).toBe(false);
  await page.getByLabel("It may do").selectOption("Only these scopes");
  await scopes.fill("nonsense");
  await page.getByLabel("Name", { exact: true }).fill("run");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect(await scopes.isVisible()).toBe(true);
  await scopes.fill("log:read");
  await page.getByRole("button", { name: "Make a token" }).click();
  const token = await page.getByRole("button", { name: "Copy API token" }).getAttribute("data-hp-copy");
  expect(token).toStartWith("hp_");
  await expectSound(page, "organisation-service-token");
  await page.close();
});

test("a role in a project is given and taken back; people of one name are told apart", async () => {
  const page = await viewer.open("/organisation/projects/the-warehouse-of-the-northern-region-2");
  await tabTo(page, page.getByLabel("Who", { exact: true }));
  await page.keyboard.type(world.longest.email);
  await page.keyboard.press("Enter");
  const row = page.getByRole("row", { name: world.longest.email });
  await row.getByText("developer").waitFor();
  await row.getByRole("button", { name: "Take back" }).press("Enter");
  await page.getByText("No roles are given here yet").waitFor();
  await page.close();
});

test("a member's role is changed, and the member removed after a question", async () => {
  const { id, email } = await world.join("viewer");
  const page = await viewer.open(`/organisation/members/${id}`);
  await page.getByRole("combobox", { name: "Role" }).selectOption("admin");
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await page.getByRole("definition").filter({ hasText: "admin" }).waitFor();
  await page.locator('hp-island[name="confirm"][data-started]').waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Remove from the organisation" }).press("Enter");
  await page.getByRole("dialog").waitFor();
  await expectSound(page, "organisation-member-question");
  await page.getByRole("dialog").getByRole("button", { name: "Remove them" }).press("Enter");
  await page.waitForURL(/organisation$/);
  expect(await page.getByText(email).count()).toBe(0);
  await page.close();
});

test("the audit log is narrowed, opened and verified", async () => {
  const page = await viewer.open("/organisation/audit");
  await tabTo(page, page.getByLabel("Action"));
  await page.keyboard.type("variable:");
  await page.keyboard.press("Enter");
  await page.waitForURL(/action=variable/);
  expect(await page.getByText("service:update").count()).toBe(0);
  await page.locator("td summary").first().press("Enter");
  await page.getByText("Hash").first().waitFor();
  await expectSound(page, "organisation-audit-open-light");
  await page.setViewportSize({ width: 390, height: 900 });
  await expectSound(page, "organisation-audit-open-narrow");
  await page.getByRole("button", { name: "Verify" }).press("Enter");
  await page.getByText("Nothing was changed or removed.").waitFor();
  await page.close();
});

test("on a telephone the tab of the page is in view", async () => {
  const page = await viewer.open("/organisation/audit", { viewport: { width: 390, height: 900 } });
  const isInView = () =>
    page
      .locator(".hp-tabs [aria-current]")
      .evaluate((tab) => tab.getBoundingClientRect().left >= 0 && tab.getBoundingClientRect().right <= innerWidth);
  expect(await isInView()).toBe(true);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.waitForURL(/settings$/);
  expect(await isInView()).toBe(true);
  await page.close();
});
