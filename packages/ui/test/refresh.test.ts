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

/** The jobs page with everything on it running. */
async function open(): Promise<Page> {
  stage.gallery.board.jobs = [
    { id: "job-1", state: "queued" },
    { id: "job-2", state: "building" },
  ];
  delete stage.gallery.board.notice;
  stage.gallery.board.start = 3;
  stage.gallery.logs.add(60);
  tab = await stage.open("/board");
  const { page } = tab;
  await page.waitForSelector('[data-line="60"]');
  await page.waitForSelector("[data-mounted=true]");
  await page.waitForSelector('hp-island[name="messages"][data-started]', { state: "attached" });
  return page;
}

const refresh = (page: Page) => page.evaluate(() => document.dispatchEvent(new CustomEvent("hp:refresh")));

describe("a page that is brought up to date while it is open", () => {
  test("shows what changed, and everything else goes on: islands, log, typed text, focus, scroll", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Pressed 3 times" }).click();
    await page.getByLabel("Note").fill("half a sen");
    const log = page.getByRole("log", { name: "Runtime log, lines" });
    await log.hover();
    await page.mouse.wheel(0, -300);
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    const scrolled = await settled(log);
    const connections = stage.gallery.logs.requests.length;
    await page.getByLabel("Note").focus();

    stage.gallery.board.jobs = [
      { id: "job-3", state: "queued" },
      { id: "job-1", state: "live" },
      { id: "job-2", state: "building" },
    ];
    stage.gallery.board.notice = "A job was added.";
    await refresh(page);
    await page.getByText("A job was added.").waitFor();
    expect(
      await page.locator("[data-key]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key"))),
    ).toEqual(["job-3", "job-1", "job-2"]);
    expect(await page.locator('[data-key="job-1"] [data-state]').textContent()).toBe("Live");
    expect(await page.getByRole("button", { name: "Pressed 4 times" }).count()).toBe(1);
    expect(await page.getByLabel("Note").inputValue()).toBe("half a sen");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("field-note");
    expect(await log.evaluate((element) => element.scrollTop)).toBe(scrolled);
    expect(stage.gallery.logs.requests).toHaveLength(connections);
    expect(tab?.complaints).toEqual([]);
  }, 30_000);

  test("an island gets its new props and keeps its state", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Pressed 3 times" }).click();
    stage.gallery.board.jobs.push({ id: "job-3", state: "queued" });
    await refresh(page);
    await page.getByText("Counter of 3").waitFor();
    expect(await page.getByRole("button", { name: "Pressed 4 times" }).count()).toBe(1);
  }, 30_000);

  test("the focus stays with its row when rows come in above it", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Cancel job-2" }).focus();
    stage.gallery.board.jobs.unshift({ id: "job-0", state: "queued" });
    await refresh(page);
    await page.getByText("3 jobs").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Cancel job-2");
  }, 30_000);

  test("a row that is gone takes its focus with it, instead of giving it to another", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Cancel job-1" }).focus();
    stage.gallery.board.jobs.shift();
    await refresh(page);
    await page.getByText("1 jobs").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  }, 30_000);

  test("a form that leads back to its page empties itself, and the log goes on", async () => {
    const page = await open();
    const connections = stage.gallery.logs.requests.length;
    await page.getByLabel("Note").fill("sent");
    await page.getByRole("button", { name: "Add a job" }).click();
    await page.getByText("3 jobs").waitFor();
    expect(await page.getByLabel("Note").inputValue()).toBe("");
    expect(stage.gallery.logs.requests).toHaveLength(connections);
  }, 30_000);

  test("what the reader does meanwhile wins over an update that is under way", async () => {
    const page = await open();
    const slow = Promise.withResolvers<void>();
    stage.gallery.slow("/board", slow.promise);
    const asked = page.waitForRequest((request) => request.url().endsWith("/board"));
    await refresh(page);
    await asked;
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    const answered = page.waitForResponse((response) => response.url().endsWith("/board"));
    slow.resolve();
    await (await answered).finished();
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    expect(await page.title()).toBe("Nodes · Homeport");
  }, 30_000);

  test("what a form was answered with stays", async () => {
    const page = await open();
    await page.evaluate(() => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: "/told" });
      document.body.append(form);
      form.requestSubmit();
    });
    await page.getByRole("heading", { name: "Told once" }).waitFor();
    const before = stage.gallery.requests.length;
    await refresh(page);
    await page.evaluate(() => fetch("/plain"));
    expect(stage.gallery.requests.slice(before)).toEqual(["GET /plain"]);
    expect(await page.title()).toBe("Told once · Homeport");
  }, 30_000);

  test("an update that began while a form was being sent does not undo its answer", async () => {
    const page = await open();
    await page.goto(`${stage.gallery.url}/forms`);
    const held = { POST: Promise.withResolvers<void>(), GET: Promise.withResolvers<void>() };
    await page.route("**/forms", async (route) => {
      await held[route.request().method() as "GET" | "POST"].promise;
      await route.continue();
    });
    const sent = (method: string) => page.waitForRequest((request) => request.method() === method);
    const [posted, fetched] = [sent("POST"), sent("GET")];
    await page.locator("main [name=name]").fill("Not OK");
    await page.keyboard.press("Enter");
    await posted;
    await refresh(page);
    await fetched;
    held.POST.resolve();
    await page.locator("[data-hp-errors]").waitFor();
    const answered = page.waitForResponse((response) => response.request().method() === "GET");
    held.GET.resolve();
    await (await answered).finished();
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    expect(await page.locator("[data-hp-errors]").count()).toBe(1);
  }, 30_000);

  test("many wishes to be brought up to date are few requests", async () => {
    const page = await open();
    const before = stage.gallery.requests.length;
    stage.gallery.board.notice = "late";
    for (let index = 0; index < 10; index++) await refresh(page);
    await page.getByText("late").waitFor();
    expect(stage.gallery.requests.slice(before).length).toBeLessThanOrEqual(10);
    await page.evaluate(() => {
      for (let index = 0; index < 50; index++) document.dispatchEvent(new CustomEvent("hp:refresh"));
    });
    const mark = stage.gallery.requests.length;
    stage.gallery.board.notice = "later";
    await refresh(page);
    await page.getByText("later").waitFor();
    expect(stage.gallery.requests.length - mark).toBeLessThanOrEqual(3);
  }, 30_000);

  test("a server that is away for a moment is not a message", async () => {
    const page = await open();
    await tab?.context.setOffline(true);
    const failed = page.waitForEvent("requestfailed");
    await refresh(page);
    await failed;
    expect(await page.getByText("Homeport cannot be reached.").count()).toBe(0);
  }, 30_000);
});
