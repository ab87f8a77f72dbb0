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

test("every page about the platform's people is sound in every look", async () => {
  const pages = {
    people: "/admin/people",
    nobody: "/admin/people?search=nobody-like-this",
    person: `/admin/people/${world.longest.id}`,
    organisations: "/admin/organisations",
    organisation: "/admin/organisations/organisation-0",
    "sign-in": "/admin/sign-in",
    audit: "/admin/audit",
  };
  const wrong: unknown[] = [];
  for (const [name, path] of Object.entries(pages))
    await viewer.look(path, `platform-${name}`).catch((error) => wrong.push(error));
  expect(wrong).toEqual([]);
  expect(viewer.complaints()).toEqual([]);
});
