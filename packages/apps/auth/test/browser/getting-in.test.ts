import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { expectSound, openViewer, tabTo, type Viewer } from "@homeport/kit/test/viewer.ts";
import { type OrganisationWorld, startOrganisationWorld } from "../organisation-world.ts";
import { PASSWORD, startWorld } from "../world.ts";
import { lookAtAll } from "./looks.ts";

setDefaultTimeout(240_000);

let world: OrganisationWorld;
let viewer: Viewer;
beforeAll(async () => {
  world = await startOrganisationWorld();
  viewer = await openViewer(world);
});
afterEach(() => expect(viewer.complaints()).toEqual([]));
afterAll(async () => {
  await viewer?.close();
  await world?.stop();
});

test("a new platform is claimed with the keyboard; what is refused stays", async () => {
  const fresh = await startWorld({ claimed: false });
  const stranger = await openViewer(fresh);
  await lookAtAll(stranger, "getting-in", { setup: "/setup" });
  const page = await stranger.open("/setup");
  await tabTo(page, page.getByLabel("Setup token"));
  for (const text of [fresh.setupToken(), "Ada", "ada@example.com", "short"]) {
    await page.keyboard.type(text);
    await page.keyboard.press("Tab");
  }
  await page.getByLabel("Password").press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect(await page.getByLabel("Your name").inputValue()).toBe("Ada");
  expect(await page.getByLabel("Password").inputValue()).toBe("");
  await expectSound(page, "getting-in-setup-refused");
  await page.getByLabel("Password").fill(PASSWORD);
  const claimed = page.waitForResponse((response) => response.request().method() === "POST");
  await page.keyboard.press("Enter");
  expect((await claimed).status()).toBe(303);
  await stranger.close();
  await fresh.stop();
});

const invite = async (email: string): Promise<string> => {
  const { body } = await world.call("POST", "/invites", world.ada.headers, { email, role: "developer" });
  const { pathname, search } = new URL(body.link);
  return pathname + search;
};

test("an invite that has ended says so", async () => {
  await viewer.look(`/invite?token=${"x".repeat(43)}`, "getting-in-invite-ended");
  expect(viewer.complaints()).toEqual([expect.stringContaining("404")]); // the page itself
});

test("an invite becomes an account", async () => {
  const link = await invite("a.new.colleague.with.a.long.name@mail.northern-region.example.com");
  await lookAtAll(viewer, "getting-in", { invite: link });
  const page = await viewer.open(link);
  await tabTo(page, page.getByLabel("Your name"));
  await page.keyboard.type("Grace");
  await page.getByLabel("Password").fill("short");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect(await page.getByLabel("Your name").inputValue()).toBe("Grace");
  await expectSound(page, "getting-in-invite-refused");
  await page.getByLabel("Password").fill(PASSWORD);
  const accepted = page.waitForResponse((response) => response.request().method() === "POST");
  await page.keyboard.press("Enter");
  expect((await accepted).status()).toBe(303);
  await page.close();
});

test("an invite for somebody who has an account leads to signing in to it", async () => {
  const { email } = await world.stranger("an-organisation-with-quite-a-long-name");
  const link = await invite(email);
  await lookAtAll(viewer, "getting-in", { "invite-known": link });
  const guest = await openViewer(world, await world.signIn(email));
  const page = await guest.open(link);
  const joined = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Join the organisation" }).press("Enter");
  expect((await joined).status()).toBe(303);
  await guest.close();
});

test("signing in works with the keyboard; what was wrong is said, and not which of the two", async () => {
  await lookAtAll(viewer, "getting-in", { "sign-in": "/sign-in" });
  const page = await viewer.open("/sign-in?next=/account/sessions");
  await tabTo(page, page.getByLabel("E-mail"));
  await page.keyboard.type(world.ada.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type("wrong horse");
  await page.keyboard.press("Enter");
  await page.getByText("The e-mail address or the password is wrong.").waitFor();
  await expectSound(page, "getting-in-refused");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(/account\/sessions$/);
  await page.close();
});
