import { expect } from "bun:test";
import type { launchBrowser } from "@homeport/kit/test/browser.ts";
import type { TestPlatform } from "./platform.ts";

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launchBrowser>>["newPage"]>>;

export const signIn = async (platform: TestPlatform, page: Page): Promise<void> => {
  await page.goto(`${platform.url}/sign-in`);
  await page.fill("[name=email]", "ada@example.com");
  await page.fill("[name=password]", "correct horse battery");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/projects$/);
};

/** Types what is wrong, reads why, mends it; then deploys an image that is not there, and is told without reloading. */
export const mendInDashboard = async (platform: TestPlatform, page: Page): Promise<void> => {
  const field = (name: string) => page.locator(`main [name=${name}]`);
  const errors = page.locator("[data-hp-errors]");
  await page.goto(`${platform.url}/projects/new`);
  await field("slug").fill("mended");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/projects\/mended$/);

  await page.goto(`${platform.url}/projects/mended/new`);
  await field("slug").fill("web");
  await field("location").fill("https://token@example.com/web.git");
  await page.getByRole("button", { name: "Create and deploy" }).click();
  await errors.getByText("Must not contain a user name or password").waitFor();
  await field("kind").selectOption("image");
  await field("location").fill("home/mended/nothing:1");
  await page.getByRole("button", { name: "Create and deploy" }).click();
  await page.waitForURL(/\/deployments\//);
  await page.getByText("There is no image home/mended/nothing:1").first().waitFor();

  const settings = `${platform.url}/projects/mended/web/settings`;
  await page.goto(settings);
  await field("memoryMiB").fill("lots");
  await page.getByRole("button", { name: "Save settings" }).click();
  await errors.getByRole("link", { name: /whole number from 16/ }).click();
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("memoryMiB");
  await field("memoryMiB").fill("256");
  await page.getByRole("button", { name: "Save settings" }).click();
  await errors.waitFor({ state: "detached" });
  await page.goto(settings);
  expect(await field("memoryMiB").inputValue()).toBe("256");
};
