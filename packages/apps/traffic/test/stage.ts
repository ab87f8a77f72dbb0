import { expect } from "bun:test";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { expectAccessible, launchBrowser, screenshot } from "@homeport/kit/test/browser.ts";
import { assetResponse } from "@homeport/ui/assets";
import type { BrowserContextOptions, Page, Route } from "playwright-core";
import { app as traffic } from "../src/index.ts";

export type Stage = {
  app: TestApp;
  /** Opens a page as an owner. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** Looks at a page in light, in dark, and on a telephone: it is accessible, and nothing sticks out. */
  look(path: string, name: string, prepare?: (page: Page) => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

const LOOKS = [
  ["light", 1280, "light"],
  ["dark", 1280, "dark"],
  ["narrow", 390, "light"],
] as const;

/** The app as it runs, and a browser in front of it. */
export const setStage = async (): Promise<Stage> => {
  const app = await startTestApp(traffic);
  const browser = await launchBrowser();
  /** What another app serves in a whole platform. */
  const serveAsset = async (route: Route): Promise<void> => {
    const asset = await assetResponse(app.platform.assets!, new Request(route.request().url()));
    if (asset === null) return route.abort();
    const headers = Object.fromEntries(asset.headers);
    return route.fulfill({ status: asset.status, headers, body: Buffer.from(await asset.arrayBuffer()) });
  };
  const open: Stage["open"] = async (path, options = {}) => {
    const page = await browser.newPage({
      extraHTTPHeaders: app.home.headers("owner"),
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    await page.route("**/public/**", serveAsset);
    await page.goto(`http://${app.host}${path}`);
    return page;
  };
  return {
    app,
    open,
    async look(path, name, prepare) {
      for (const [variant, width, colorScheme] of LOOKS) {
        const page = await open(path, { viewport: { width, height: 900 }, colorScheme });
        await prepare?.(page);
        await page.evaluate(() => scrollTo(0, 0));
        await screenshot(page, `traffic-${name}-${variant}`);
        await expectAccessible(page);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${name} at ${width}px`).toBeLessThanOrEqual(0);
        await page.close();
      }
    },
    async close() {
      await browser.close();
      await app.stop();
    },
  };
};

/** The words of a page, without its frame. */
export const textOf = async (page: Page): Promise<string> => (await page.locator("main").textContent()) ?? "";
