import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { type Stage, setStage, settled, type Tab } from "./gallery/browser.ts";

let stage: Stage;
let tab: Tab | null = null;
beforeAll(async () => {
  stage = await setStage();
}, 60_000);
afterEach(async () => {
  await tab?.context.close();
  tab = null;
  stage.gallery.logs.reset();
});
afterAll(() => stage.close());

const LOG = "Runtime log, lines";

async function open(query = "", lines = 0): Promise<Page> {
  stage.gallery.logs.add(lines);
  tab = await stage.open(`/logs${query}`);
  await tab.page.waitForFunction(() => document.querySelector("[data-state=live]") !== null);
  return tab.page;
}

const runtime = (page: Page) => page.getByRole("region", { name: "Runtime log" });
const rows = (page: Page) => page.getByRole("log", { name: LOG }).locator("[data-line]");
const line = (page: Page, n: number) => page.getByRole("log", { name: LOG }).locator(`[data-line="${n}"]`);
const atEnd = (page: Page) =>
  page.getByRole("log", { name: LOG }).evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 24);

describe("LogView in Chromium", () => {
  test("lines appear as they are written, with colours and a marker for stderr", async () => {
    const page = await open();
    await page.getByText("No lines yet.").waitFor();
    stage.gallery.logs.add(8);
    await line(page, 8).waitFor();
    expect(await line(page, 1).locator(".text-ansi-6").textContent()).toBe("==>");
    expect(await line(page, 6).getAttribute("data-stream")).toBe("stderr");
    expect(await line(page, 6).textContent()).toContain("stderr: ");
    expect(tab?.complaints).toEqual([]);
  }, 30_000);

  test("a dropped connection is made again with Last-Event-ID, and no line is lost or doubled", async () => {
    const page = await open("", 5);
    await line(page, 5).waitFor();
    stage.gallery.logs.refuse = true;
    stage.gallery.logs.drop();
    await page.waitForSelector("[data-state=reconnecting]");
    expect(await page.getByText("reconnecting…").isVisible()).toBe(true);
    expect(stage.gallery.logs.requests.at(-1)?.lastEventId ?? "none yet").toMatch(/^(5|none yet)$/);
    stage.gallery.logs.add(3);
    stage.gallery.logs.refuse = false;
    await line(page, 8).waitFor();
    await page.waitForSelector("[data-state=live]");
    const resumed = stage.gallery.logs.requests.at(-1);
    expect(resumed?.lastEventId ?? resumed?.after).toBe("5");
    expect(await rows(page).evaluateAll((all) => all.map((row) => row.getAttribute("data-line")))).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
      "7",
      "8",
    ]);
  }, 30_000);

  test("a connection that only dropped comes back by itself with Last-Event-ID", async () => {
    const page = await open("", 4);
    await line(page, 4).waitFor();
    stage.gallery.logs.drop();
    stage.gallery.logs.add(1);
    await line(page, 5).waitFor();
    expect(stage.gallery.logs.requests.at(-1)?.lastEventId).toBe("4");
  }, 30_000);

  test("who is signed out meanwhile is told so, with the way back, and nothing asks again", async () => {
    const page = await open("?lines=8", 3);
    stage.gallery.logs.refusal = 401;
    stage.gallery.logs.drop();
    await page.waitForSelector("[data-state=refused]");
    const again = page.getByRole("link", { name: "Sign in again" });
    expect(await again.getAttribute("href")).toBe("/sign-in?next=%2Flogs%3Flines%3D8");
    expect(await page.getByText("You are signed out.").count()).toBe(1);
    expect(await page.getByText("reconnecting…").count()).toBe(0);
  }, 30_000);

  test("lines that the server rendered are there before any script, and the stream continues after them", async () => {
    const page = await open("?lines=8", 12);
    await line(page, 12).waitFor();
    expect(stage.gallery.logs.requests[0]?.after).toBe("8");
    expect(await rows(page).count()).toBe(12);
    expect(tab?.complaints).toEqual([]);
  }, 30_000);

  test("the end of a log closes the stream", async () => {
    const page = await open("", 2);
    await line(page, 2).waitFor();
    stage.gallery.logs.end();
    await runtime(page).getByText("ended").waitFor();
    await stage.gallery.logs.untilClosed();
    expect(stage.gallery.logs.openCount).toBe(0);
  }, 30_000);

  test("a finished log without lines in the page is fetched, and asked for again when that fails", async () => {
    stage.gallery.logs.add(30);
    stage.gallery.logs.refuse = true;
    tab = await stage.open("/logs");
    const stored = tab.page.getByRole("region", { name: "A stored log" });
    await stored.getByText("The log could not be loaded.").waitFor();
    stage.gallery.logs.refuse = false;
    await stored.getByRole("button", { name: "Try again" }).click();
    await stored.locator('[data-line="30"]').waitFor();
    expect(await stored.getByText("ended").count()).toBe(1);
  }, 30_000);

  test("leaving the page closes the stream", async () => {
    const page = await open("", 2);
    await line(page, 2).waitFor();
    await page.getByRole("link", { name: "Nodes" }).click();
    await stage.gallery.logs.untilClosed();
    expect(stage.gallery.logs.openCount).toBe(0);
  }, 30_000);

  test("the newest line is followed until the reader scrolls up, and again when asked", async () => {
    const page = await open("?tail=1000", 300);
    await line(page, 300).waitFor();
    expect(await atEnd(page)).toBe(true);
    stage.gallery.logs.add(50);
    await line(page, 350).waitFor();
    await page.getByRole("log", { name: LOG }).hover();
    await page.mouse.wheel(0, -600);
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    await settled(page.getByRole("log", { name: LOG }));
    const shown = await rows(page).first().getAttribute("data-line");
    stage.gallery.logs.add(100);
    await page.getByText("450 lines").waitFor();
    expect(await rows(page).first().getAttribute("data-line")).toBe(shown);
    expect(await atEnd(page)).toBe(false);
    await page.getByRole("button", { name: "Jump to latest" }).click();
    await line(page, 450).waitFor();
    expect(await page.getByRole("button", { name: "Jump to latest" }).count()).toBe(0);
  }, 30_000);

  test("only the lines in view are in the document, however many there are, and at most 50,000 are kept", async () => {
    const page = await open("?tail=100000", 0);
    stage.gallery.logs.add(52_000);
    await page.getByText("50,000 lines", { exact: true }).waitFor();
    await line(page, 52_000).waitFor();
    expect(await rows(page).count()).toBeLessThan(120);
    await runtime(page).getByRole("button", { name: "Load earlier lines" }).focus();
    expect(await page.getByText("At most 50,000 lines are shown.").isVisible()).toBe(true);
  }, 60_000);

  test("earlier lines are loaded above, and what was on screen stays", async () => {
    const page = await open("?tail=100", 1_500);
    await line(page, 1_500).waitFor();
    await page.getByRole("log", { name: LOG }).hover();
    await page.mouse.wheel(0, -400);
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    await settled(page.getByRole("log", { name: LOG }));
    const place = () => line(page, 1_470).evaluate((row) => Math.round(row.getBoundingClientRect().top));
    await line(page, 1_470).waitFor();
    const before = await place();
    await runtime(page).getByRole("button", { name: "Load earlier lines" }).click();
    await page.getByText("1,100 lines").waitFor();
    expect(Math.abs((await place()) - before)).toBeLessThan(40);
    await runtime(page).getByRole("button", { name: "Load earlier lines" }).click();
    await page.getByText("1,500 lines").waitFor();
    expect(await runtime(page).getByRole("button", { name: "Load earlier lines" }).count()).toBe(0);
  }, 30_000);

  test("the search counts, marks and walks the matches, and a slash reaches it", async () => {
    const page = await open("?tail=1000", 400);
    await line(page, 400).waitFor();
    await page.getByRole("log", { name: LOG }).focus();
    await page.keyboard.press("/");
    await page.keyboard.type("cannot FIND");
    await page.getByText("0 of 50").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("50 of 50").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("1 of 50").waitFor();
    await line(page, 6).locator("mark").waitFor();
    stage.gallery.logs.add(8);
    await page.getByText("1 of 51").waitFor();
    await page.keyboard.press("Shift+Enter");
    await page.getByText("51 of 51").waitFor();
    await page.keyboard.press("Escape");
    expect(await page.locator("mark").count()).toBe(0);
  }, 30_000);

  test("times and wrapping are switched and remembered", async () => {
    const page = await open("", 20);
    await line(page, 20).waitFor();
    await page.getByRole("button", { name: "Show times" }).first().click();
    expect(await line(page, 20).locator("time").textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
    await page.getByRole("button", { name: "Wrap lines" }).first().click();
    stage.gallery.logs.write({ n: 21, at: "2026-11-20T22:14:05Z", stream: "stdout", text: "word ".repeat(400) });
    await page.waitForFunction(() => (document.querySelector('[data-line="21"]')?.clientHeight ?? 0) > 100);
    expect(await atEnd(page)).toBe(true);
    await page.reload();
    await page.waitForSelector("[data-line] time");
    expect(await page.getByRole("button", { name: "Wrap lines" }).first().getAttribute("aria-pressed")).toBe("true");
  }, 30_000);

  test("twenty thousand lines at once do not stop the page", async () => {
    const page = await open("?tail=100000", 0);
    for (let round = 0; round < 20; round++) {
      stage.gallery.logs.add(1_000);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
    await line(page, 20_000).waitFor();
    expect(await atEnd(page)).toBe(true);
    expect(tab?.complaints).toEqual([]);
  }, 60_000);
});
