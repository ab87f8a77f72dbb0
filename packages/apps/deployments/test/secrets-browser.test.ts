import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { openViewer, type Viewer } from "@homeport/kit/test/viewer.ts";
import { secretWorld } from "./secret-world.ts";
import { startWorld, type World } from "./world.ts";

setDefaultTimeout(120_000);

let world: World;
let viewer: Viewer;
let secrets: ReturnType<typeof secretWorld>;
beforeAll(async () => {
  world = await startWorld();
  secrets = secretWorld(world);
  viewer = await openViewer(world, world.home.headers("owner", ["*", "secret:reveal"]));
});
afterAll(async () => {
  await viewer?.close();
  await world?.stop();
});

const LONG = "THE_PASSWORD_OF_THE_DATABASE_IN_THE_NORTHERN_REGION_WHICH_NOBODY_DARES_TO_ROTATE";

/** A project with a live service, its variables, and groups that it has attached. */
const setScene = async () => {
  const { project, path, workloadId } = await secrets.newService();
  await world.put(`${path}/variables`, { values: { PORT: "80", [LONG]: "value", NODE_ENV: "production" } });
  const group = await secrets.newGroup(project, "database", { PASSWORD: "old", [LONG]: "value", URL: "postgres://" });
  await secrets.newGroup(project, "the-mail-server-of-the-other-data-centre", { USER: "a", PASSWORD: "b" });
  await secrets.newGroup(project, "payments", { KEY: "a" });
  await secrets.attach(path, "database");
  await secrets.attach(path, "payments", { as: "files", directory: "/run/secrets/payments" });
  await secrets.deployLive(path, workloadId);
  await world.put(`${group}/items`, { values: { PASSWORD: "new" } });
  return { project, path, workloadId };
};

test("the pages of secrets and variables are sound in every look", async () => {
  const { project } = await setScene();
  const empty = await secrets.newService();
  const pages = {
    project: `/projects/${project}`,
    groups: `/projects/${project}/secrets`,
    "no-groups": `/projects/${empty.project}/secrets`,
    "new-group": `/projects/${project}/secrets/new`,
    group: `/projects/${project}/secrets/database`,
    "unused-group": `/projects/${project}/secrets/the-mail-server-of-the-other-data-centre`,
    variables: `/projects/${project}/api/variables`,
    "no-variables": `/projects/${empty.project}/api/variables`,
    settings: `/projects/${project}/api/settings`,
    releases: `/projects/${project}/api/releases`,
  };
  const wrong: unknown[] = [];
  for (const [name, path] of Object.entries(pages))
    await viewer.look(path, `deployments-${name}`).catch((error) => wrong.push(error));
  await viewer
    .look(`/projects/${project}/secrets/database`, "deployments-revealed", async (page) => {
      await page.getByRole("button", { name: "Reveal all" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Reveal" }).click();
      await page.getByRole("heading", { name: "Revealed values" }).waitFor();
    })
    .catch((error) => wrong.push(error));
  expect(wrong).toEqual([]);
  expect(viewer.complaints()).toEqual([]);
});
