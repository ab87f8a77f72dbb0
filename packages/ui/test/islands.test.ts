import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Stage, setStage } from "./gallery/browser.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
}, 60_000);
afterAll(() => stage.close());

describe("islands in Chromium", () => {
  test("what the server rendered is taken over without a complaint, and answers", async () => {
    const { page, complaints, context } = await stage.open("/");
    const button = page.getByRole("button", { name: /Pressed/ });
    expect(await button.textContent()).toBe("Pressed 3 times");
    await page.waitForSelector("[data-mounted=true]");
    await button.click();
    await page.getByText("Pressed 4 times").waitFor();
    await page.waitForSelector('hp-island[name="toaster"][data-started]', { state: "attached" });
    expect(complaints).toEqual([]);
    await context.close();
  }, 30_000);

  test("an island that throws on the server is rendered by the browser alone", async () => {
    const { page, context } = await stage.open("/");
    await page.getByText("This window is real.").waitFor();
    expect(stage.gallery.islandErrors).toContain("browser-only");
    await context.close();
  }, 30_000);

  test("an island that throws in the browser shows what failed and starts again, the others stay", async () => {
    const { page, context } = await stage.open("/");
    await page.waitForSelector("[data-mounted=true]");
    await page.getByRole("button", { name: /Pressed/ }).click();
    await page.getByText("Break this part").scrollIntoViewIfNeeded();
    await page.waitForSelector('hp-island[name="fragile"][data-started]', { state: "attached" });
    await page.getByText("Break this part").click();
    await page.getByText("This part of the page stopped working.").waitFor();
    expect(await page.getByText("Pressed 4 times").count()).toBe(1);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Break this part").waitFor();
    await context.close();
  }, 30_000);

  test("an island starts only when it comes into view, if it says so", async () => {
    const { page, context } = await stage.open("/", { height: 400 });
    await page.waitForSelector("[data-mounted=true]");
    const started = () => page.locator('hp-island[name="fragile"]').getAttribute("data-started");
    expect(await started()).toBeNull();
    await page.getByText("Break this part").scrollIntoViewIfNeeded();
    await page.waitForSelector('hp-island[name="fragile"][data-started]', { state: "attached" });
    await context.close();
  }, 30_000);

  test("leaving the page unmounts its islands, coming back starts them afresh", async () => {
    const { page, complaints, context } = await stage.open("/");
    await page.waitForSelector("[data-mounted=true]");
    await page.getByRole("button", { name: /Pressed/ }).click();
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    await page.waitForSelector('html[data-unmounted="A counter"]', { state: "attached" });
    await page.goBack();
    await page.waitForSelector("[data-mounted=true]");
    await page.getByText("Pressed 3 times").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  }, 30_000);

  test("messages appear, lead on, and close; a failure waits until it is closed", async () => {
    const { page, context } = await stage.open("/");
    await page.waitForSelector('hp-island[name="messages"][data-started]', { state: "attached" });
    await page.getByRole("button", { name: "Show a message" }).click();
    await page.getByRole("button", { name: "Show a failure" }).click();
    const region = page.getByRole("region", { name: "Notifications" });
    await region.getByText("The node does not answer.").waitFor();
    await region.getByRole("button", { name: "Close message" }).last().click();
    await region.getByText("The node does not answer.").waitFor({ state: "detached" });
    await region.getByRole("link", { name: "Watch it" }).click();
    await page.getByRole("heading", { name: "Logs", exact: true }).waitFor();
    await context.close();
  }, 30_000);

  test("what cannot be undone asks first: only the typed name sends it", async () => {
    const { page, context } = await stage.open("/");
    await page.waitForSelector('hp-island[name="confirm"][data-started]', { state: "attached" });
    const before = stage.gallery.requests.length;
    await page.getByRole("button", { name: "Delete project" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/Type shop/).fill("sho");
    await page.keyboard.press("Enter");
    expect(await dialog.getByRole("button", { name: "Delete for good" }).getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Delete project");
    expect(stage.gallery.requests.slice(before)).not.toContain("POST /delete");
    await page.getByRole("button", { name: "Delete project" }).click();
    await dialog.getByLabel(/Type shop/).fill("shop");
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await page.keyboard.press("Enter");
    expect(new URLSearchParams((await sent).postData() ?? "").toString()).toBe("project=shop&confirm=shop");
    await context.close();
  }, 30_000);

  test("a page reads without scripts", async () => {
    const { page, context } = await stage.open("/logs?lines=20", { javaScript: false });
    expect(await page.getByText("bun install --frozen-lockfile").first().isVisible()).toBe(true);
    expect(await page.getByRole("link", { name: "Projects" }).first().isVisible()).toBe(true);
    await context.close();
  }, 30_000);
});
