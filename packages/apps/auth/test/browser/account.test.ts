import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { openViewer, type Viewer } from "@homeport/kit/test/viewer.ts";
import { type CrowdedWorld, startCrowdedWorld } from "./crowded-world.ts";

setDefaultTimeout(120_000);

let world: CrowdedWorld;
let viewer: Viewer;
beforeAll(async () => {
  world = await startCrowdedWorld();
  viewer = await openViewer(world, world.ada.headers);
});
afterAll(async () => {
  await viewer?.close();
  await world?.stop();
});

test("every page of one's account is sound in every look", async () => {
  const device = await world.post("/device/code", { clientName: "the-laptop-of-ada-in-the-kitchen" });
  const pages = {
    profile: "/account",
    security: "/account/security",
    sessions: "/account/sessions",
    tokens: "/account/tokens",
    delete: "/account/delete",
    confirm: "/sign-in/confirm?next=/account",
    "device-code": "/device",
    device: `/device?code=${device.body.userCode}`,
    "sign-in": "/sign-in",
  };
  const wrong: unknown[] = [];
  for (const [name, path] of Object.entries(pages))
    await viewer.look(path, `account-${name}`).catch((error) => wrong.push(error));
  await viewer
    .look("/account/security", "account-enrol", async (page) => {
      await page.getByRole("button", { name: "Set up an authenticator" }).click();
      await page.getByRole("textbox", { name: "Code" }).waitFor();
    })
    .catch((error) => wrong.push(error));
  await viewer
    .look("/account/tokens", "account-token-made", async (page) => {
      await page.getByLabel("New token for").fill("deploy script");
      await page.keyboard.press("Enter");
      await page.getByText("Copy the new token").first().waitFor();
    })
    .catch((error) => wrong.push(error));
  expect(wrong).toEqual([]);
  expect(viewer.complaints()).toEqual([]);
});
