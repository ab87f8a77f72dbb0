import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rm } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { browserPath, expectAccessible, launchBrowser, screenshot } from "./browser.ts";

setDefaultTimeout(60_000);

const page = (body: string) =>
  `<!doctype html><html lang="en"><head><title>A page</title></head><body><main><h1>Hello</h1>${body}</main></body></html>`;
const pages: Record<string, string> = {
  "/": page("<button>Deploy</button>"),
  "/nameless": page("<button></button>"),
};

const isMissing = browserPath() === null;
const withBrowser = test.skipIf(isMissing);

let browser: Browser | undefined;
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) =>
    new Response(pages[new URL(request.url).pathname] ?? "", {
      headers: { "content-type": "text/html", "content-security-policy": "default-src 'none'" },
    }),
});

beforeAll(async () => {
  if (!isMissing) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server.stop(true);
});

const openPage = () => (browser as Browser).newPage();

withBrowser("a page opens by a name below localhost", async () => {
  const opened = await openPage();
  await opened.goto(`http://api-shop.localhost:${server.port}/`);
  expect(await opened.getByRole("button").textContent()).toBe("Deploy");
  await opened.close();
});

withBrowser("an accessible page passes, also under a strict content security policy", async () => {
  const opened = await openPage();
  await opened.goto(`http://127.0.0.1:${server.port}/`);
  await expectAccessible(opened);
  await opened.close();
});

withBrowser("a button without a name fails, and the report says which", async () => {
  const opened = await openPage();
  await opened.goto(`http://127.0.0.1:${server.port}/nameless`);
  await expect(expectAccessible(opened)).rejects.toThrow(/button-name[\s\S]* {4}button:/);
  await opened.close();
});

withBrowser("a screenshot is a picture on disk", async () => {
  const opened = await openPage();
  await opened.goto(`http://127.0.0.1:${server.port}/`);
  const path = await screenshot(opened, `test-${Bun.randomUUIDv7()}`);
  expect((await Bun.file(path).bytes()).slice(1, 4)).toEqual(new TextEncoder().encode("PNG"));
  await rm(path);
  await opened.close();
});
