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

test("every page of the organisation is sound in every look", async () => {
  const pages = {
    members: "/organisation",
    member: `/organisation/members/${world.longest.id}`,
    teams: "/organisation/teams",
    team: "/organisation/teams/backend",
    projects: "/organisation/projects",
    project: "/organisation/projects/shop",
    invites: "/organisation/invites",
    "service-accounts": "/organisation/service-accounts",
    "service-account": "/organisation/service-accounts/deploys",
    settings: "/organisation/settings",
    audit: "/organisation/audit",
    organisations: "/organisations",
  };
  const wrong: unknown[] = [];
  for (const [name, path] of Object.entries(pages))
    await viewer.look(path, `organisation-${name}`).catch((error) => wrong.push(error));
  expect(wrong).toEqual([]);
  expect(viewer.complaints()).toEqual([]);
});
