import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe, { type AxeResults, type Result } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";

/** Headless, without a sandbox because tests run as root, and silent: nothing goes to the maker's servers. */
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The rules that the dashboard promises: WCAG 2.2 AA, whose parts axe names one by one. */
const ACCESSIBILITY_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * The machine's Chromium. `*.localhost` leads to this machine, as in every browser. Close it at the end.
 *
 * @throws {Error} saying what to install
 */
export const launchBrowser = (): Promise<Browser> => {
  const executablePath = browserPath();
  if (executablePath === null) throw new Error("Tests of pages need Chromium: apt-get install chromium");
  return chromium.launch({ executablePath, args: ARGUMENTS, timeout: 30_000 });
};

/** Null when there is none. */
export const browserPath = (): string | null => NAMES.map((name) => Bun.which(name)).find((path) => path) ?? null;

/**
 * Looks at the page with axe. It sees a part of WCAG only: keyboard use has its own tests.
 *
 * @throws {Error} naming each broken rule and the elements that break it
 */
export const expectAccessible = async (page: Page): Promise<void> => {
  await page.evaluate(axe.source); // not a script tag, which the page's content security policy would refuse
  const results: AxeResults = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), ACCESSIBILITY_TAGS);
  if (results.violations.length === 0) return;
  throw new Error(`${page.url()} is not accessible:\n${results.violations.map(describe).join("\n")}`);
};

/** Saves what the page shows, whole, and returns the path; HOMEPORT_TEST_SCREENSHOTS names another folder to keep it in. */
export const screenshot = async (page: Page, name: string): Promise<string> => {
  const folder = process.env.HOMEPORT_TEST_SCREENSHOTS ?? join(tmpdir(), "homeport-screenshots");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  return path;
};

const describe = ({ id, help, helpUrl, nodes }: Result): string => {
  const elements = nodes.map(({ target, failureSummary }) => `    ${target.join(" ")}: ${failureSummary ?? ""}`);
  return `  ${id}: ${help} (${helpUrl})\n${elements.join("\n")}`;
};

declare global {
  interface Window {
    /** Put there by axe's own source. */
    axe: { run(options: { runOnly: string[] }): Promise<AxeResults> };
  }
}
