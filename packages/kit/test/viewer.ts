import { expect } from "bun:test";
import { assetResponse } from "@homeport/ui/assets";
import type { Browser, BrowserContextOptions, Locator, Page, Route } from "playwright-core";
import type { TestApp } from "./app.ts";
import { expectAccessible, launchBrowser, screenshot } from "./browser.ts";

/** A browser in front of an app, held by somebody. */
export type Viewer = {
  /** Opens a page in a browser of its own, which knows nothing of the others. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** Looks at a page in light, in dark, and on a telephone: see `expectSound`. */
  look(path: string, name: string, prepare?: (page: Page) => Promise<void>): Promise<void>;
  /** What pages said to the console since this was last asked, but for answers that refuse a form. */
  complaints(): string[];
  close(): Promise<void>;
};

const LOOKS = [
  ["light", 1280, "light"],
  ["dark", 1280, "dark"],
  ["narrow", 390, "light"],
] as const;

/** A form that was refused is answered with 422, and Chromium writes that down as an error. */
const REFUSED_FORM = /status of 422/;

/** Links that lead out of most apps, which the runtime fetches ahead: in a test of one app there is nobody to answer. */
const ELSEWHERE = ["/", "/projects"];

/** `headers` say who looks: a cookie is kept as browsers keep it, anything else is sent with every request. */
export const openViewer = async (app: TestApp, headers: Record<string, string> = {}): Promise<Viewer> => {
  const browser: Browser = await launchBrowser();
  const complaints: string[] = [];
  const { cookie, ...sent } = headers;
  /** What another app serves in a whole platform. */
  const serveAsset = async (route: Route): Promise<void> => {
    const { assets } = app.platform;
    const asset = assets === null ? null : await assetResponse(assets, new Request(route.request().url()));
    if (asset === null) return route.abort();
    return route.fulfill({
      status: asset.status,
      headers: Object.fromEntries(asset.headers),
      body: Buffer.from(await asset.arrayBuffer()),
    });
  };
  const open: Viewer["open"] = async (path, options = {}) => {
    const page = await browser.newPage({
      extraHTTPHeaders: sent,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    if (cookie !== undefined) await page.context().addCookies([cookieOf(cookie, `http://${app.host}`)]);
    await page.route("**/public/**", serveAsset);
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on("console", (message) => {
      const { url } = message.location();
      if (message.type() !== "error" || REFUSED_FORM.test(message.text())) return;
      if (ELSEWHERE.includes(URL.parse(url)?.pathname ?? "")) return;
      complaints.push(`${page.url()}: ${message.text()} ${url}`);
    });
    await page.goto(`http://${app.host}${path}`);
    return page;
  };
  return {
    open,
    async look(path, name, prepare) {
      const page = await open(path);
      await prepare?.(page);
      for (const [variant, width, colorScheme] of LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await expectSound(page, `${name}-${variant}`);
      }
      await page.close();
    },
    complaints: () => complaints.splice(0),
    close: () => browser.close(),
  };
};

/** Keeps a picture of the page, and expects that it is accessible and that nothing sticks out at the side. */
export const expectSound = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(() => {
    scrollTo(0, 0);
    // Colours on their way to another theme are nobody's choice.
    for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
  });
  await screenshot(page, name);
  await expectAccessible(page);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${name} is wider than the window`).toBeLessThanOrEqual(0);
};

/** More than any page has stops. */
const MAX_STOPS = 150;

/** Goes to a control with the Tab key alone, from where the page begins. */
export const tabTo = async (page: Page, control: Locator): Promise<void> => {
  const isFocused = () => control.evaluate((element) => element === document.activeElement);
  for (let stops = 0; stops < MAX_STOPS; stops++) {
    if (await isFocused()) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${page.url()}: ${control} is not reached with the Tab key`);
};

const cookieOf = (cookie: string, url: string) => {
  const split = cookie.indexOf("=");
  return { name: cookie.slice(0, split), value: cookie.slice(split + 1), url };
};
