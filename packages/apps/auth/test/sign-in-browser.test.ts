import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { expectAccessible, launchBrowser, screenshot } from "@homeport/kit/test/browser.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { assetResponse } from "@homeport/ui/assets";
import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import { stepAt, totpCode } from "../src/totp.ts";
import { type SmtpSink, startSmtpSink } from "./smtp-sink.ts";
import { ADA, PASSWORD, startWorld, type World } from "./world.ts";

setDefaultTimeout(60_000);

let sink: SmtpSink;
let world: World;
let browser: Browser;
beforeAll(async () => {
  sink = await startSmtpSink();
  world = await startWorld({ settingEnv: sink.env });
  await world.database.admin`update auth.people set email_verified_at = now()`;
  browser = await launchBrowser();
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await world?.stop();
  await sink?.stop();
});

const address = (path: string) => `http://${world.host}${path}`;

/** What another app serves in a whole platform. */
const serveAsset = async (route: Route): Promise<void> => {
  const { assets } = world.platform;
  const asset = assets === null ? null : await assetResponse(assets, new Request(route.request().url()));
  if (asset === null) return route.abort();
  const headers = Object.fromEntries(asset.headers);
  return route.fulfill({ status: asset.status, headers, body: Buffer.from(await asset.arrayBuffer()) });
};

const newContext = async (width = 1280, colorScheme: "light" | "dark" = "light"): Promise<BrowserContext> => {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  await context.route("**/public/**", serveAsset);
  return context;
};

const signIn = async (page: Page, path: string) => {
  await page.goto(address(path));
  await page.getByLabel("E-mail").first().fill(ADA);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
};

const LOOKS = [
  ["light", 1280, "light"],
  ["dark", 1280, "dark"],
  ["narrow", 390, "light"],
] as const;

/** Accessible, and nothing sticks out. */
const look = async (page: Page, name: string) => {
  await screenshot(page, `auth-${name}`);
  await expectAccessible(page);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, name).toBeLessThanOrEqual(0);
};

test("the pages about getting in are usable in every look", async () => {
  await world.post(
    "/sign-in/rules",
    { effect: "deny", kind: "regex", pattern: "(spam|junk)[0-9]*@.*", note: "a note" },
    await world.signIn(),
  );
  for (const [variant, width, scheme] of LOOKS) {
    const context = await newContext(width, scheme);
    const page = await context.newPage();
    await page.goto(address("/sign-in"));
    await look(page, `sign-in-${variant}`);
    await signIn(page, "/sign-in?next=/admin/sign-in");
    await page.getByRole("heading", { name: "Refused sign-ins" }).waitFor();
    for (const path of [
      "/admin/sign-in",
      "/account/security",
      "/sign-in/confirm?next=/account",
      "/device?code=BCDF-GHJK",
    ]) {
      await page.goto(address(path));
      await look(page, `${path.split("?")[0]?.slice(1).replaceAll("/", "-")}-${variant}`);
    }
    await context.close();
  }
});

test("an authenticator is set up, asked for, and removed, with scripts", async () => {
  const context = await newContext();
  const page = await context.newPage();
  await signIn(page, "/sign-in?next=/account/security");
  await page.getByRole("button", { name: "Set up an authenticator" }).click();
  const secret = new Secret((await page.locator("[data-hp-copy]").first().getAttribute("data-hp-copy")) ?? "");
  await look(page, "enrol");
  await page.getByRole("textbox", { name: "Code" }).fill(totpCode(secret, stepAt(new Date())));
  await page.getByRole("button", { name: "Turn it on" }).click();
  await page.getByText("Keep these now").waitFor();
  await look(page, "recovery-codes");
  const code = /([A-Z2-7]{4}-){3}[A-Z2-7]{4}/.exec((await page.locator("pre").textContent()) ?? "")?.[0] ?? "";
  await context.clearCookies();

  await signIn(page, "/sign-in?next=/account/security");
  await page.waitForURL("**/sign-in/code?**");
  await look(page, "code");
  await page.getByRole("textbox", { name: "Code" }).fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/account/security");
  await page.getByText("9 recovery codes left").waitFor();
  await page.getByRole("button", { name: "Remove the authenticator" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove it" }).click();
  await page.getByRole("button", { name: "Set up an authenticator" }).waitFor();
  await context.close();
});

test("a link by mail signs in, and a device is approved", async () => {
  const context = await newContext();
  const page = await context.newPage();
  const { body } = await world.post("/device/code", { clientName: "ada-laptop" });
  await page.goto(body.verificationUriComplete);
  await page.locator("#link-email").fill(ADA);
  await page.getByRole("button", { name: "Mail me a link" }).click();
  await page.getByText("Look at your mail").first().waitFor();
  const mail = await waitFor(() => sink.mails.find(({ subject }) => subject.startsWith("Sign in")));
  await page.goto(/http\S+/.exec(mail.text)?.[0] ?? "");
  await look(page, "link");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/device?code=**");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("ada-laptop").waitFor();
  await look(page, "device-decision");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("It is signed in").first().waitFor();
  expect((await world.post("/device/token", { deviceCode: body.deviceCode })).body.state).toBe("approved");
  await context.close();
});
