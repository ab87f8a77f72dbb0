import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ProjectId } from "@homeport/kit/ids.ts";
import { CRASHED } from "./outside.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

const locationOf = (response: Response) => [response.status, response.headers.get("location")];

/** What a form shows of a field, and whether the list of errors above it leads there. */
const fieldIn = (html: string, name: string) => {
  const input = new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(html)?.[0] ?? "";
  const id = / id="([^"]*)"/.exec(input)?.[1];
  return {
    value: / value="([^"]*)"/.exec(input)?.[1],
    isInvalid: input.includes('aria-invalid="true"'),
    isLinked: html.includes(`href="#${id}"`),
  };
};

/** The disabled controls of a page by what is written on them, each with its reason. */
const disabledIn = (html: string): Map<string, string | undefined> => {
  const controls = html.matchAll(/aria-disabled="true"[^>]*aria-describedby="([^"]*)"[^>]*>(.*?)<\/(?:button|a)>/g);
  return new Map(
    [...controls].map(([, id = "", inside = ""]) => [
      inside.replaceAll(/<span class="hp-when-pending">.*?<\/span>|<[^>]*>/g, ""),
      html.split(`id="${id}"`)[1]?.match(/>([^<]*)</)?.[1],
    ]),
  );
};

describe("the forms work without scripts", () => {
  test("from no project to a deployment of a new service", async () => {
    expect((await world.page("/projects")).html).toContain("No projects yet");
    expect(locationOf(await world.submit("/projects/new", { slug: "shop" }))).toEqual([303, "/projects/shop"]);
    expect((await world.page("/projects/shop")).html).toContain("No services yet");
    const fields = { slug: "api", kind: "git", location: "https://example.com/api.git", port: "3000" };
    const made = await world.submit("/projects/shop/new", fields);
    expect(made.status).toBe(303);
    expect(made.headers.get("location")).toMatch(/^\/projects\/shop\/api\/deployments\/[0-9a-f-]{36}$/);
    for (const path of ["/projects", "/projects/shop", "/projects/shop/api", made.headers.get("location") ?? ""]) {
      const { status, html } = await world.page(path);
      expect(status).toBe(200);
      expect(html).toContain(path === "/projects" ? "1 service" : "api");
    }
  });

  test("come back with what was typed and the error at its field", async () => {
    const project = await world.submit("/projects/new", { slug: "My Shop" });
    expect(project.status).toBe(422);
    const html = await project.text();
    expect(html).toContain('value="My Shop"');
    expect(html).toContain("Use lower-case letters");
    await world.submit("/projects/new", { slug: "taken" });
    expect(await (await world.submit("/projects/new", { slug: "taken" })).text()).toContain("already a project");
    const service = await world.submit("/projects/taken/new", { slug: "x", kind: "git", location: "ftp://x" });
    expect(service.status).toBe(422);
    expect(await service.text()).toContain("Use a git URL such as");
    expect((await world.get("/projects/taken/services")).body.items).toEqual([]);
  });

  test("variables are set and removed; a refused value is not sent back", async () => {
    const { project } = await world.newService();
    const at = `/projects/${project}/api/variables`;
    expect(locationOf(await world.submit(at, { name: "KEY", value: "first" }))).toEqual([303, at]);
    const refused = await world.submit(at, { name: "NOT-OK", value: "hunter2" });
    expect(refused.status).toBe(422);
    const html = await refused.text();
    expect(html).toContain('value="NOT-OK"');
    expect(html).not.toContain("hunter2");
    await world.submit(`${at}/unset`, { name: "KEY" });
    expect((await world.get(`/projects/${project}/services/api/variables`)).body.items).toEqual([]);
  });

  test("settings are changed, a service is removed when its name is typed, then its project", async () => {
    const { project, path } = await world.newService();
    const at = `/projects/${project}/api`;
    const fields = { location: "https://example.com/other.git", port: "81", healthPath: "/up" };
    expect(locationOf(await world.submit(`${at}/settings`, fields))).toEqual([303, `${at}/settings`]);
    expect((await world.get(path)).body.settings).toMatchObject({ port: 81, health: { kind: "http", path: "/up" } });
    const refused = await world.submit(`${at}/settings`, { ...fields, port: "0" });
    expect(refused.status).toBe(422);
    expect(fieldIn(await refused.text(), "port")).toEqual({ value: "0", isInvalid: true, isLinked: true });
    expect((await world.submit(`${at}/remove`, { confirm: "ap" })).status).toBe(400);
    expect(locationOf(await world.submit(`${at}/remove`, { confirm: "api" }))).toEqual([303, `/projects/${project}`]);
    expect(locationOf(await world.submit(`/projects/${project}/remove`, {}))).toEqual([303, "/projects"]);
  });

  test("deploy, cancel and roll back lead to the deployment they are about", async () => {
    const { project, path } = await world.newService();
    const at = `/projects/${project}/api`;
    const deployed = await world.submit(`${at}/deploy`, {});
    const deployment = deployed.headers.get("location") ?? "";
    expect(deployment).toMatch(/\/deployments\//);
    expect(locationOf(await world.submit(`${deployment}/cancel`, {}))).toEqual([303, deployment]);
    await world.untilState(path, deployment.split("/").at(-1) ?? "", "cancelled");
    await world.deployLive(path);
    await world.deployLive(path);
    expect((await world.page(`${at}/releases`)).html).toContain("Roll back to");
    expect((await world.submit(`${at}/rollback`, { to: "first" })).status).toBe(400);
    expect((await world.submit(`${at}/rollback`, { to: "1" })).status).toBe(303);
  }, 40_000);
});

test("a failed deployment says why, with the exit code and the last lines, and what still serves", async () => {
  const { project, path } = await world.newService();
  const { id } = await world.deploy(path);
  await world.untilJob(id);
  await world.emit("ci", "ci.job.failed", world.failBuild(id).id);
  await world.untilState(path, id, "failed");
  const { html } = await world.page(`/projects/${project}/api/deployments/${id}`);
  for (const text of [CRASHED.message, "exit code 1", "TypeError: x is not a function"]) expect(html).toContain(text);
}, 20_000);

test("a deployment tells how many requests there were while it took over, and how many of them failed", async () => {
  const { project, path } = await world.newService();
  const { id } = await world.deploy(path);
  const page = async () => (await world.page(`/projects/${project}/api/deployments/${id}`)).html;
  const measure = (failed: number) =>
    world.database
      .admin`update deployments.deployments set requests = 1204, failed_requests = ${failed} where id = ${id}`;
  expect(await page()).not.toContain("Requests while it took over");
  await measure(0);
  expect(await page()).toContain("1,204, none failed");
  await measure(3);
  expect(await page()).toContain("1,204, 3 failed");
}, 20_000);

test("a database has no address but its name within the project", async () => {
  const { project, body } = await world.newService();
  await world.database.admin`update deployments.services set template = 'postgres' where id = ${body.id}`;
  const pages = [`/projects/${project}`, `/projects/${project}/api`];
  for (const path of pages) {
    const { html } = await world.page(path);
    expect(html).toContain("api:8080");
    expect(html).not.toContain(`api-${project}.`);
  }
}, 20_000);

test("long lists have a way on", async () => {
  const { project, path } = await world.newService();
  for (let i = 0; i < 22; i += 1) await world.deploy(path);
  const first = await world.page(`/projects/${project}/api`);
  const next = /href="(\?before=[0-9a-f-]{36})"/.exec(first.html)?.[1];
  expect(next).toBeDefined();
  const second = await world.page(`/projects/${project}/api${next}`);
  expect(second.status).toBe(200);
  expect(second.html).not.toContain("?before=");
  expect((await world.page(`/projects/${project}/api?before=nonsense`)).status).toBe(400);
  await world.database.admin`
    insert into deployments.projects (id, organisation_id, organisation_slug, slug)
    select gen_random_uuid(), ${world.home.id}, 'home', 'many' || i from generate_series(100, 170) as i`;
  const projects = await world.page("/projects");
  const more = /href="(\?after=[a-z0-9]+)"/.exec(projects.html)?.[1];
  expect((await world.page(`/projects${more}`)).html).toContain("many170");
}, 20_000);

describe("who sees what", () => {
  test("a viewer reads every page and may press nothing", async () => {
    const { project } = await world.newService();
    const viewer = world.home.headers("viewer");
    const at = `/projects/${project}/api`;
    for (const path of ["/projects", `/projects/${project}`, at, `${at}/releases`, `${at}/variables`, `${at}/logs`]) {
      expect((await world.page(path, viewer)).status).toBe(200);
    }
    for (const path of [`${at}/deploy`, `${at}/remove`, `${at}/rollback`, `${at}/settings`, `${at}/variables`]) {
      expect((await world.submit(path, {}, viewer)).status).toBe(403);
    }
  });

  test("what a role does not allow is disabled on every page, with the role's name", async () => {
    const { project, path } = await world.newService({ source: { kind: "upload" } });
    await world.put(`${path}/variables`, { values: { KEY: "value" } });
    await world.post(`/projects/${project}/secret-groups`, { slug: "db", values: { KEY: "value" } });
    const at = `/projects/${project}`;
    const [production] = (await world.get(`/projects/${project}/environments`)).body.items;
    const [{ projectId }] = await world.database.admin<[{ projectId: ProjectId }]>`
      select project_id as "projectId" from deployments.environments where id = ${production.id}`;
    const granted = world.home.granted([{ role: "viewer", projectId, environmentId: null }]);
    for (const who of [world.home.headers("viewer"), granted]) {
      for (const [page, controls] of [
        [at, ["New service"]],
        [`${at}/api`, ["Settings", "Deploy"]],
        [`${at}/api/variables`, ["Reveal", "Remove", "Save variable", "Attach group"]],
        [`${at}/secrets`, ["New secret group"]],
        [`${at}/secrets/db`, ["Reveal all", "Reveal", "Remove", "Save item", "Remove group"]],
      ] as const) {
        const { html } = await world.page(page, who);
        const reasons = disabledIn(html);
        for (const control of controls) {
          expect([page, control, reasons.get(control)]).toEqual([
            page,
            control,
            "Your role, viewer, does not allow this.",
          ]);
        }
      }
    }
    const projects = await world.page("/projects", world.home.headers("viewer"));
    expect(disabledIn(projects.html).get("New project")).toBe("Your role, viewer, does not allow this.");
    const forOwner = await world.page(`${at}/api/variables`, world.home.headers("owner", ["*", "secret:reveal"]));
    expect([...disabledIn(forOwner.html).keys()]).toEqual(["Deploy"]); // it is deployed from folders
  });

  test("in a protected environment that is the reason", async () => {
    const { project, path } = await world.newService();
    await world.deployLive(path);
    await world.deployLive(path);
    await world.patch(`/projects/${project}/environments/production`, { protected: true });
    const developer = world.home.headers("developer");
    const { html } = await world.page(`/projects/${project}/api/releases`, developer);
    const reason = "This environment is protected: your role, developer, does not allow this.";
    expect([...disabledIn(html)]).toEqual([
      ["Deploy", reason],
      ["Settings", reason],
      ["Roll back to 1", reason],
    ]);
    const variables = disabledIn((await world.page(`/projects/${project}/api/variables`, developer)).html);
    expect(variables.get("Restart with these variables")).toBe(reason);
  }, 40_000);

  test("a member of no role is told whom to ask, and not to make a project", async () => {
    const { html } = await world.page("/projects", world.home.headers("member"));
    expect(html).toContain("You have no role in any project yet");
    expect(html).toContain("Ask an owner or admin.");
    expect(html).not.toContain("Create the first project");
  });

  test("another organisation gets the page of a missing thing, in words", async () => {
    const { project } = await world.newService();
    const { status, html } = await world.page(`/projects/${project}/api`, world.organisation("else").headers("owner"));
    expect(status).toBe(404);
    expect(html).toContain("There is no such service.");
  });

  test("a stranger is sent to sign in and back", async () => {
    const response = await world.request("/projects/shop?x=1");
    expect(locationOf(response)).toEqual([303, "/sign-in?next=%2Fprojects%2Fshop%3Fx%3D1"]);
  });
});
