import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type OpenOptions, type Stage, setStage } from "./gallery/browser.ts";

let stage: Stage;
let axe: string;
beforeAll(async () => {
  stage = await setStage();
  stage.gallery.logs.add(60);
  axe = await Bun.file(Bun.resolveSync("axe-core/axe.min.js", join(import.meta.dir, "../../.."))).text();
}, 60_000);
afterAll(() => stage.close());

const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
const LIGHT = "rgb(244, 246, 244)";
const DARK = "rgb(13, 19, 18)";

describe("theme", () => {
  test("without a choice the page follows the device, also when it changes", async () => {
    const { page, context } = await stage.open("/empty", { scheme: "light" });
    expect(await ground(page)).toBe(LIGHT);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await ground(page)).toBe(DARK);
    await context.close();
  }, 30_000);

  test("the button goes round, the choice is there before the first paint of the next page, and it survives soft navigation", async () => {
    const { page, context } = await stage.open("/empty", { scheme: "light" });
    await page.getByRole("button", { name: "Theme: system. Change to light." }).click();
    await page.getByRole("button", { name: "Theme: light. Change to dark." }).click();
    expect(await ground(page)).toBe(DARK);
    const html = await (await page.request.get(`${stage.gallery.url}/empty`)).text();
    expect(html).toContain('data-theme="dark"');
    await page.getByRole("link", { name: "Releases" }).click();
    await page.getByRole("heading", { name: "All releases" }).waitFor();
    expect(await ground(page)).toBe(DARK);
    await page.reload();
    expect(await ground(page)).toBe(DARK);
    expect(await page.getByRole("button", { name: "Theme: dark. Change to system." }).count()).toBe(1);
    await context.close();
  }, 30_000);
});

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** WCAG 2.0, 2.1 and 2.2, levels A and AA. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((result) => result.violations)",
  )) as Violation[];
  return found.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
  );
}

const looks: { name: string; options: OpenOptions }[] = [
  { name: "light", options: { scheme: "light" } },
  { name: "dark", options: { scheme: "dark" } },
  { name: "on a phone, light", options: { scheme: "light", width: 390, height: 844, touch: true } },
  { name: "on a phone, dark", options: { scheme: "dark", width: 390, height: 844 } },
];

const pages = ["/", "/logs?lines=8", "/forms", "/empty", "/long", "/sign-in", "/nothing-here"];

for (const { name, options } of looks) {
  describe(name, () => {
    test("no page has an accessibility violation or is wider than the window", async () => {
      const found: string[] = [];
      const check = async (path: string): Promise<void> => {
        const { page, context } = await stage.open(path, options);
        await page.evaluate(() => document.getAnimations().map((animation) => animation.cancel()));
        for (const one of await violations(page)) found.push(`${path} ${one}`);
        const over = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (over > 0) found.push(`${path} is ${over} px too wide`);
        await context.close();
      };
      await Promise.all(pages.map(check));
      expect(found).toEqual([]);
    }, 120_000);

    test("nor has an open dialog, menu, hint, message or refused form", async () => {
      const found: string[] = [];
      const { page, context } = await stage.open("/", options);
      await page.waitForSelector('hp-island[name="confirm"][data-started]', { state: "attached" });
      await page.getByRole("button", { name: "Delete project" }).click();
      await page
        .getByRole("dialog")
        .getByLabel(/Type shop/)
        .fill("shop");
      found.push(...(await violations(page)).map((one) => `dialog ${one}`));
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Show a failure" }).click();
      await page.locator("summary", { hasText: "Account of" }).click();
      await page.getByRole("button", { name: "Not allowed" }).focus();
      // What lies half under an open part can be scrolled free.
      const open = (await violations(page)).filter((one) => !one.includes("partially obscured"));
      found.push(...open.map((one) => `open parts ${one}`));
      await page.goto(`${stage.gallery.url}/forms`);
      await page.waitForSelector("html[data-hp-ready]");
      await page.getByLabel("Name").fill("No Name");
      await page.getByRole("button", { name: "Create service" }).click();
      await page.waitForSelector("[data-hp-errors]:focus");
      found.push(...(await violations(page)).map((one) => `form ${one}`));
      expect(found).toEqual([]);
      await context.close();
    }, 120_000);
  });
}

test("everything can be reached by keyboard, starting with the way past the navigation", async () => {
  const { page, context } = await stage.open("/empty");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("New project");
  await page.locator("summary", { hasText: "Account of" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Account" }).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("ALAccount of Ada Lovelace");
  expect(await page.getByRole("link", { name: "Account" }).isVisible()).toBe(false);
  await context.close();
}, 30_000);

test("motion stops for readers who asked for that", async () => {
  const { page, context } = await stage.open("/");
  await page.emulateMedia({ reducedMotion: "reduce" });
  const durations = await page.evaluate(() =>
    Array.from(
      document.querySelectorAll(".animate-breathe, .animate-spin"),
      (one) => getComputedStyle(one).animationDuration,
    ),
  );
  expect(durations.length).toBeGreaterThan(0);
  expect(durations.every((duration) => Number.parseFloat(duration) < 0.01)).toBe(true);
  await context.close();
}, 30_000);

test("copying puts the value on the clipboard and says so", async () => {
  const { page, context } = await stage.open("/");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: /copy image digest/ }).click();
  await page.waitForFunction(() => document.getElementById("hp-announcer")?.textContent === "Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toStartWith("sha256:7d865e95");
  await context.close();
}, 30_000);
