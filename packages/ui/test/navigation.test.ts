import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { type Stage, setStage } from "./gallery/browser.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
}, 60_000);
afterAll(() => stage.close());

/** A mark in the window that only survives soft navigation. */
const mark = (page: Page) => page.evaluate(() => document.documentElement.setAttribute("data-mark", "kept"));
const isMarked = (page: Page) => page.evaluate(() => document.documentElement.hasAttribute("data-mark"));
const scrollY = (page: Page) => page.evaluate(() => Math.round(window.scrollY));

describe("soft navigation", () => {
  test("a link swaps title, navigation and main, moves the focus and says where it led", async () => {
    const { page, complaints, context } = await stage.open("/");
    await mark(page);
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    expect(await isMarked(page)).toBe(true);
    expect(await page.title()).toBe("Nodes · Homeport");
    expect(new URL(page.url()).pathname).toBe("/empty");
    expect(await page.locator('[data-hp-swap=sidebar] [aria-current="page"]').textContent()).toBe("Nodes");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.waitForFunction(() => document.getElementById("hp-announcer")?.textContent === "Nodes · Homeport");
    expect(complaints).toEqual([]);
    await context.close();
  }, 30_000);

  test("Back and Forward show their pages where they were scrolled to", async () => {
    const { page, context } = await stage.open("/long");
    await mark(page);
    await page.evaluate(() => window.scrollTo(0, 2600));
    await page.waitForFunction(() => history.state?.hp?.y === 2600);
    await page.locator("#release-75").click();
    await page.getByRole("heading", { name: "New service" }).waitFor();
    expect(await scrollY(page)).toBe(0);
    await page.goBack();
    await page.getByRole("heading", { name: "All releases" }).waitFor();
    await page.waitForFunction(() => Math.round(window.scrollY) === 2600);
    await page.goForward();
    await page.getByRole("heading", { name: "New service" }).waitFor();
    expect(await isMarked(page)).toBe(true);
    await context.close();
  }, 30_000);

  test("a reload keeps the scroll position", async () => {
    const { page, context } = await stage.open("/long");
    await page.evaluate(() => window.scrollTo(0, 1800));
    await page.waitForFunction(() => history.state?.hp?.y === 1800);
    await page.reload();
    await page.waitForFunction(() => Math.round(window.scrollY) === 1800);
    await context.close();
  }, 30_000);

  test("a link with a fragment lands on its element", async () => {
    const { page, context } = await stage.open("/empty");
    await page.evaluate(() => {
      const link = document.createElement("a");
      link.href = "/long#release-40";
      link.textContent = "to release 40";
      document.getElementById("main")?.append(link);
    });
    await page.getByText("to release 40").click();
    await page.waitForFunction(
      () => (document.getElementById("release-40")?.getBoundingClientRect().top ?? 9e9) < innerHeight,
    );
    expect(new URL(page.url()).hash).toBe("#release-40");
    await context.close();
  }, 30_000);

  test("of two quick presses only the last one counts", async () => {
    const { page, context } = await stage.open("/");
    const slow = Promise.withResolvers<void>();
    stage.gallery.slow("/long", slow.promise);
    await page.getByRole("link", { name: "Releases", exact: true }).click();
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    slow.resolve();
    await page.getByRole("link", { name: "Logs" }).first().click();
    await page.getByRole("heading", { name: "Logs", exact: true }).waitFor();
    expect(await page.title()).toBe("Logs · Homeport");
    await page.goBack();
    await page.getByText("No projects yet").waitFor();
    await context.close();
  }, 30_000);

  test("a page is fetched while the pointer rests on its link, and not again for the press", async () => {
    const { page, context } = await stage.open("/");
    const before = stage.gallery.requests.length;
    const answered = page.waitForResponse((response) => response.url().endsWith("/empty"));
    await page.getByRole("link", { name: "Nodes" }).hover();
    await answered;
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    expect(stage.gallery.requests.slice(before)).toEqual(["GET /empty"]);
    await context.close();
  }, 30_000);

  test("what was fetched before a change is not shown after it", async () => {
    const { page, context } = await stage.open("/");
    await page.waitForSelector('hp-island[name="messages"][data-started]', { state: "attached" });
    const answered = page.waitForResponse((response) => response.url().endsWith("/empty"));
    await page.getByRole("link", { name: "Nodes" }).hover();
    await answered;
    const before = stage.gallery.requests.length;
    await page.getByRole("button", { name: "Fetch this page again" }).click();
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    expect(stage.gallery.requests.slice(before)).toEqual(["GET /", "GET /empty"]);
    await context.close();
  }, 30_000);

  test("after an upgrade, when the import map differs, the page is loaded in full", async () => {
    const { page, context } = await stage.open("/");
    await mark(page);
    const assets = stage.gallery.assets();
    stage.gallery.upgrade({ ...assets, imports: { ...assets.imports, "new-library": "/public/new.js" } });
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    expect(await isMarked(page)).toBe(false);
    stage.gallery.upgrade(assets);
    await context.close();
  }, 30_000);

  test("what is not a page, or is in another frame, is left to the browser", async () => {
    const { page, context } = await stage.open("/");
    for (const path of ["/plain", "/sign-in"]) {
      await page.goto(`${stage.gallery.url}/empty`);
      await page.waitForSelector("html[data-hp-ready]");
      await mark(page);
      await page.evaluate((href) => {
        const link = document.createElement("a");
        link.href = href;
        link.textContent = "elsewhere";
        document.getElementById("main")?.append(link);
      }, path);
      await page.getByText("elsewhere").click();
      await page.waitForURL(stage.gallery.url + path);
      expect(await isMarked(page)).toBe(false);
    }
    await context.close();
  }, 30_000);

  test("when the server is away the page stays and says so", async () => {
    const { page, context } = await stage.open("/");
    await context.setOffline(true);
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("Homeport cannot be reached.", { exact: true }).waitFor();
    expect(await page.getByRole("heading", { name: "api" }).isVisible()).toBe(true);
    await context.setOffline(false);
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    await context.close();
  }, 30_000);
});

describe("forms", () => {
  test("a refused form shows its errors in place, keeps the address and moves the focus to them", async () => {
    const { page, context } = await stage.open("/forms");
    await mark(page);
    await page.getByLabel("Name").fill("Not A Name");
    await page.getByRole("button", { name: "Create service" }).click();
    await page.waitForSelector("[data-hp-errors]:focus");
    expect(await page.getByLabel("Name").inputValue()).toBe("Not A Name");
    expect(await page.getByLabel("Name").getAttribute("aria-invalid")).toBe("true");
    expect(new URL(page.url()).pathname).toBe("/forms");
    expect(await isMarked(page)).toBe(true);
    await page.getByRole("link", { name: /The name may have/ }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("field-name");
    await context.close();
  }, 30_000);

  test("what is wrong with a form stays while the page is brought up to date", async () => {
    const { page, context } = await stage.open("/forms");
    await page.getByLabel("Name").fill("Not A Name");
    await page.getByRole("button", { name: "Create service" }).click();
    await page.waitForSelector("[data-hp-errors]");
    const before = stage.gallery.requests.length;
    await page.evaluate(() => document.dispatchEvent(new CustomEvent("hp:refresh")));
    await page.evaluate(() => fetch("/forms")); // whatever was asked for by the event came before
    expect(stage.gallery.requests.slice(before)).toHaveLength(1);
    expect(await page.getByRole("link", { name: /The name may have/ }).isVisible()).toBe(true);
    await context.close();
  }, 30_000);

  test("an accepted form leads to the page that follows, with its message", async () => {
    const { page, context } = await stage.open("/forms");
    await mark(page);
    await page.getByLabel("Name").fill("api");
    await page.getByRole("button", { name: "Create service" }).click();
    await page.getByText("The service was created.").waitFor();
    expect(new URL(page.url()).search).toBe("?created=1");
    expect(await isMarked(page)).toBe(true);
    await context.close();
  }, 30_000);

  test("while a form is on its way it says so, and a second press does nothing", async () => {
    const { page, context } = await stage.open("/");
    const slow = Promise.withResolvers<void>();
    stage.gallery.slow("/deploy", slow.promise);
    const before = stage.gallery.requests.length;
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.getByText("Deploying…").waitFor();
    await page.getByRole("button", { name: "Deploying…" }).click();
    slow.resolve();
    await page.getByRole("heading", { name: "Logs", exact: true }).waitFor();
    expect(stage.gallery.requests.slice(before).filter((one) => one === "POST /deploy")).toHaveLength(1);
    await context.close();
  }, 30_000);

  test("an error page of another frame is told above the page, with its reason and the request", async () => {
    const { page, context } = await stage.open("/forms");
    await page.evaluate(() => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: "/nowhere" });
      document.body.append(form);
      form.requestSubmit();
    });
    const problem = page.locator("#hp-problem");
    await problem.waitFor();
    expect(await problem.locator("p").allTextContents()).toEqual([
      "There is no such page.",
      "The address may have changed, or the app that served it is not running. Request 0199c0de-7a3f-7c11.",
    ]);
    await context.close();
  }, 30_000);

  test("an answer that is no page keeps what was typed", async () => {
    const { page, context } = await stage.open("/forms");
    await page.getByLabel("Name").fill("down");
    await page.getByRole("button", { name: "Create service" }).click();
    await page.getByText("The server answered 502.", { exact: true }).waitFor();
    expect(await page.getByLabel("Name").inputValue()).toBe("down");
    await context.close();
  }, 30_000);

  test("a search form is a visit with its query in the address", async () => {
    const { page, context } = await stage.open("/forms");
    await page.getByLabel("Search services").fill("a b&c");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("Found for “a b&c”").waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "New service" }).waitFor();
    await context.close();
  }, 30_000);

  test("leaving a page with unsent input asks first", async () => {
    const { page, context } = await stage.open("/forms");
    await page.getByLabel("Name").fill("half");
    const asked: string[] = [];
    page.once("dialog", (dialog) => {
      asked.push(dialog.message());
      void dialog.dismiss();
    });
    await page.getByRole("link", { name: "Nodes" }).click();
    expect(asked).toHaveLength(1);
    expect(await page.getByLabel("Name").inputValue()).toBe("half");
    page.once("dialog", (dialog) => void dialog.accept());
    await page.getByRole("link", { name: "Nodes" }).click();
    await page.getByText("No projects yet").waitFor();
    await context.close();
  }, 30_000);

  test("input that could not be sent, or was answered with no page, still asks before it is left", async () => {
    const { page, context } = await stage.open("/forms");
    await page.getByLabel("Name").fill("down");
    await context.setOffline(true);
    await page.getByRole("button", { name: "Create service" }).click();
    await page.getByText("Homeport cannot be reached.", { exact: true }).waitFor();
    await context.setOffline(false);
    const asked: string[] = [];
    page.on("dialog", (dialog) => {
      asked.push(dialog.message());
      void dialog.dismiss();
    });
    await page.getByRole("link", { name: "Nodes" }).click();
    expect(asked).toHaveLength(1);
    await page.getByRole("button", { name: "Create service" }).click();
    await page.getByText("The server answered 502.", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Nodes" }).click();
    expect(asked).toHaveLength(2);
    expect(await page.getByLabel("Name").inputValue()).toBe("down");
    await context.close();
  }, 30_000);

  test("forms work without scripts", async () => {
    const { page, context } = await stage.open("/forms", { javaScript: false });
    await page.getByLabel("Name").fill("api");
    await page.getByRole("button", { name: "Create service" }).click();
    await page.getByText("The service was created.").waitFor();
    await context.close();
  }, 30_000);

  test("signing in leads from the bare page into the shell", async () => {
    const { page, context } = await stage.open("/sign-in");
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Password").fill("correct horse");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "api" }).waitFor();
    await context.close();
  }, 30_000);
});
