import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { expectSound, openViewer, tabTo, type Viewer } from "@homeport/kit/test/viewer.ts";
import { secretWorld } from "./secret-world.ts";
import { startWorld, type World } from "./world.ts";

setDefaultTimeout(240_000);

let world: World;
let viewer: Viewer;
let secrets: ReturnType<typeof secretWorld>;
beforeAll(async () => {
  world = await startWorld();
  secrets = secretWorld(world);
  // What tells open pages that something happened; nothing does here.
  const stream = () => new ReadableStream({ start: (to) => to.enqueue(": nothing yet\n\n") });
  const headers = { "content-type": "text/event-stream" };
  Object.assign(world.others, { dashboard: () => new Response(stream(), { headers }) });
  viewer = await openViewer(world, world.home.headers("owner", ["*", "secret:reveal"]));
});
afterEach(() => expect(viewer.complaints()).toEqual([]));
afterAll(async () => {
  await viewer?.close();
  await world?.stop();
});

const LONG = "THE_PASSWORD_OF_THE_DATABASE_IN_THE_NORTHERN_REGION_WHICH_NOBODY_ROTATES";
const LONG_GROUP = "the-mail-server-of-the-other-centre";

/** A project with a live service, its variables, and groups that it has attached. */
const setScene = async () => {
  const { project, path, workloadId } = await secrets.newService();
  const variables = { LOG_LEVEL: "info", [LONG]: "value", NODE_ENV: "production" };
  expect((await world.put(`${path}/variables`, { values: variables })).status).toBe(200);
  const group = await secrets.newGroup(project, "database", { PASSWORD: "old", [LONG]: "value", URL: "postgres://" });
  await secrets.newGroup(project, LONG_GROUP, { USER: "a", PASSWORD: "b" });
  await secrets.newGroup(project, "payments", { KEY: "a" });
  await secrets.attach(path, "database");
  await secrets.attach(path, "payments", { as: "files", directory: "/run/secrets/payments" });
  await secrets.deployLive(path, workloadId);
  await world.put(`${group}/items`, { values: { PASSWORD: "new" } });
  return { project, path, workloadId };
};

const reveal = async (page: Awaited<ReturnType<Viewer["open"]>>): Promise<void> => {
  await page.locator('hp-island[name="confirm"][data-started]').first().waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Reveal all" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Reveal" }).press("Enter");
  await page.getByRole("heading", { name: "Revealed values" }).waitFor();
};

test("the pages of secrets and variables are sound in every look, with much and with nothing", async () => {
  const { project } = await setScene();
  const empty = await secrets.newService();
  const pages = {
    project: `/projects/${project}`,
    groups: `/projects/${project}/secrets`,
    "no-groups": `/projects/${empty.project}/secrets`,
    "new-group": `/projects/${project}/secrets/new`,
    group: `/projects/${project}/secrets/database`,
    "unused-group": `/projects/${project}/secrets/${LONG_GROUP}`,
    variables: `/projects/${project}/api/variables`,
    "no-variables": `/projects/${empty.project}/api/variables`,
  };
  const wrong: string[] = [];
  for (const [name, path] of Object.entries(pages))
    await viewer.look(path, `deployments-${name}`).catch((error: unknown) => wrong.push(String(error)));
  expect(wrong).toEqual([]);
  await viewer.look(`/projects/${project}/secrets/database`, "deployments-revealed", reveal);
});

test("a group is made and filled with the keyboard; a refused name stays, the value does not", async () => {
  const { project } = await secrets.newService();
  const page = await viewer.open(`/projects/${project}/secrets/new`);
  const slug = page.getByLabel("Name");
  await tabTo(page, slug);
  await page.keyboard.type("Not OK");
  await page.keyboard.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect([await slug.inputValue(), await slug.getAttribute("aria-invalid")]).toEqual(["Not OK", "true"]);
  await slug.fill("database");
  await page.keyboard.press("Enter");
  await page.waitForURL(/secrets\/database$/);
  const name = page.getByRole("textbox", { name: "Name" });
  await tabTo(page, name);
  await page.keyboard.type("not/ok");
  await page.getByLabel("Value").fill("hunter2");
  await name.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect(await page.content()).not.toContain("hunter2");
  await expectSound(page, "deployments-item-refused");
  await name.fill("PASSWORD");
  await page.getByLabel("Value").fill("hunter2");
  await name.press("Enter");
  await page.getByRole("row", { name: "PASSWORD" }).waitFor();
  expect(await page.content()).not.toContain("hunter2");
  await page.close();
});

test("only the fields of the way in which a group is attached are asked for", async () => {
  const { project } = await secrets.newService();
  await secrets.newGroup(project, "files", { A: "1" });
  const page = await viewer.open(`/projects/${project}/api/variables`);
  const [prefix, directory] = [page.getByLabel("Prefix of variables"), page.getByLabel("Folder of files")];
  expect([await prefix.isVisible(), await directory.isVisible()]).toEqual([true, false]);
  await page.getByLabel("As", { exact: true }).selectOption("Files");
  expect([await prefix.isVisible(), await directory.isVisible()]).toEqual([false, true]);
  await directory.fill("/etc");
  await directory.press("Enter");
  await page.locator("[data-hp-errors]").waitFor();
  expect([await directory.inputValue(), await directory.getAttribute("aria-invalid")]).toEqual(["/etc", "true"]);
  await directory.fill("");
  await directory.press("Enter");
  await page.getByText("files in /run/secrets/files").waitFor();
  await page.close();
});

test("revealed values are copied, and the way back shows none", async () => {
  const { project } = await secrets.newService();
  await secrets.newGroup(project, "database", { PASSWORD: "hunter2" });
  const page = await viewer.open(`/projects/${project}/secrets/database`);
  await reveal(page);
  await page.getByRole("button", { name: "Copy PASSWORD" }).press("Enter");
  await page.locator("[data-hp-copy][data-copied]").waitFor();
  await page.getByRole("link", { name: "Done" }).press("Enter");
  await page.getByRole("heading", { name: "database" }).waitFor();
  expect(await page.content()).not.toContain("hunter2");
  await page.close();
});

test("an environment is protected and the protection ended", async () => {
  const { project } = await secrets.newService();
  const page = await viewer.open(`/projects/${project}`);
  await page.getByRole("button", { name: "Protect" }).press("Enter");
  await page.getByText("Production is protected").waitFor();
  await page.getByRole("button", { name: "Stop protecting" }).press("Enter");
  await page.getByText("Production is not protected").waitFor();
  await page.close();
});
