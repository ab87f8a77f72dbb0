import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { assetResponse } from "@homeport/ui/assets";
import type { Browser, Page, Route } from "playwright-core";
import { startTestApp, type TestApp } from "../../../kit/test/app.ts";
import { expectAccessible, launchBrowser, screenshot } from "../../../kit/test/browser.ts";
import { app as registry } from "../src/index.ts";
import { ociClient } from "./oci-client.ts";
import { testImage } from "./oci-image.ts";

setDefaultTimeout(60_000);

let app: TestApp;
let browser: Browser;

beforeAll(async () => {
  app = await startTestApp(registry);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await app.stop();
});

const open = async (path: string, headers: Record<string, string>): Promise<Page> => {
  const page = await browser.newPage({ extraHTTPHeaders: headers, viewport: { width: 1200, height: 800 } });
  await page.route("**/public/**", serveAsset);
  await page.goto(`http://${app.host}${path}`);
  return page;
};

/** What another app serves in a whole platform. */
const serveAsset = async (route: Route): Promise<void> => {
  const asset = await assetResponse(app.platform.assets!, new Request(route.request().url()));
  if (asset === null) return route.abort();
  const headers = Object.fromEntries(asset.headers);
  return route.fulfill({ status: asset.status, headers, body: Buffer.from(await asset.arrayBuffer()) });
};

test("before the first push, the page tells how to push to the address in use", async () => {
  const page = await open("/registry", app.organisation("empty").headers("viewer"));
  expect(await page.getByText(`docker push ${app.host}/empty/hello:latest`).count()).toBeGreaterThan(0);
  await expectAccessible(page);
  await screenshot(page, "registry-empty");
});

test("a repository leads to its tags, their digests and how to pull them", async () => {
  const client = await ociClient(app, app.home.headers("owner"), "home/shop/api:pull,push");
  const image = await testImage(3_000_000);
  for (const tag of ["1.0", "1.1", "latest"]) await client.pushImage("home/shop/api", tag, image);
  const page = await open("/registry", app.home.headers("viewer"));
  await expectAccessible(page);
  await screenshot(page, "registry-repositories");
  await page.getByRole("link", { name: "home/shop/api" }).first().click();
  await page.getByText(`docker pull ${app.host}/home/shop/api:1.0`).first().waitFor();
  expect(await page.content()).toContain(image.manifest.digest);
  await expectAccessible(page);
  await screenshot(page, "registry-repository");
});
