import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAssets } from "@homeport/ui/assets";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { type Gallery, startGallery } from "./server.tsx";

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Stage {
  gallery: Gallery;
  browser: Browser;
  outDir: string;
  /** A page of its own browser context. Everything it complains about is collected in `complaints`. */
  open(path: string, options?: OpenOptions): Promise<Tab>;
  close(): Promise<void>;
}

export interface OpenOptions {
  width?: number;
  height?: number;
  scheme?: "light" | "dark";
  javaScript?: boolean;
  touch?: boolean;
}

export interface Tab {
  page: Page;
  context: BrowserContext;
  complaints: string[];
}

/** Other tests on the machine may bring network interfaces up and down, which makes Chromium drop what it was loading: load once more then. */
async function untilReady(page: Page): Promise<void> {
  try {
    await page.waitForSelector("html[data-hp-ready]", { timeout: 5_000 });
  } catch {
    await page.reload();
    await page.waitForSelector("html[data-hp-ready]");
  }
}

/** The gallery on a free port and a real Chromium. */
export async function setStage(): Promise<Stage> {
  const outDir = await mkdtemp(join(tmpdir(), "homeport-ui-"));
  const assets = await buildAssets({ apps: [{ id: "fixture", dir: join(import.meta.dir, "../fixture-app") }], outDir });
  const failures: unknown[] = [];
  const gallery = startGallery(assets, (err) => failures.push(err));
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGS });
  return {
    gallery,
    browser,
    outDir,
    async open(path, options = {}) {
      const context = await browser.newContext({
        viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
        colorScheme: options.scheme ?? "light",
        javaScriptEnabled: options.javaScript ?? true,
        hasTouch: options.touch ?? false,
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (err) => complaints.push(String(err)));
      page.on("console", (message) => {
        const bad = message.type() === "error" || message.type() === "warning";
        if (bad && !message.text().includes("ERR_NETWORK_CHANGED")) complaints.push(message.text());
      });
      await page.goto(gallery.url + path);
      if (options.javaScript !== false) await untilReady(page);
      return { page, context, complaints };
    },
    async close() {
      await browser.close();
      await gallery.stop();
      await rm(outDir, { recursive: true, force: true });
      if (failures.length > 0) throw new AggregateError(failures, "The gallery's server failed.");
    },
  };
}

/** Where it is scrolled to, once the wheel has come to rest. */
export const settled = (log: Locator): Promise<number> =>
  log.evaluate(async (element) => {
    for (let still = 0, last = -1; still < 10; ) {
      still = element.scrollTop === last ? still + 1 : 0;
      last = element.scrollTop;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return element.scrollTop;
  });
