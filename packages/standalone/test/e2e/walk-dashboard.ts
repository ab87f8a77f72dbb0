import { expect } from "bun:test";
import { expectAccessible, type launchBrowser, screenshot } from "@homeport/kit/test/browser.ts";
import type { Engine, TestPlatform } from "./platform.ts";
import { signIn } from "./use-dashboard.ts";

type Browser = Awaited<ReturnType<typeof launchBrowser>>;

/** Every page, as a person sees it who has just signed in: in light, in dark, and on a telephone. */
export const walkDashboard = async (platform: TestPlatform, browser: Browser, engine: Engine): Promise<void> => {
  for (const [name, width, colorScheme] of [
    ["light", 1280, "light"],
    ["dark", 1280, "dark"],
    ["narrow", 390, "light"],
  ] as const) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    await page.goto(`${platform.url}/`);
    await page.waitForURL(/\/sign-in/);
    await expectAccessible(page);
    await signIn(platform, page);
    for (const path of [
      "/projects",
      "/projects/shop",
      "/projects/shop/api",
      "/projects/shop/api/releases",
      "/projects/shop/api/variables",
      "/projects/shop/api/logs",
      "/projects/shop/api/settings",
      "/projects/shop/fragile",
      "/nodes",
      "/account",
      "/registry",
      "/admin/gateway",
      "/admin/gateway/policies",
    ]) {
      await page.goto(platform.url + path);
      await page.waitForLoadState("load");
      await screenshot(page, `${engine}-${name}${path.replaceAll("/", "-")}`);
      await expectAccessible(page);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${path} at ${width}px`).toBeLessThanOrEqual(0);
    }
    await context.close();
  }
};
