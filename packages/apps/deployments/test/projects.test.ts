import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { GIT, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

describe("projects", () => {
  test("are made, shown by name or id, listed in pages, and removed", async () => {
    const project = (await world.post("/projects", { slug: "alpha" })).body;
    expect([project.slug, typeof project.id]).toEqual(["alpha", "string"]);
    await world.post("/projects", { slug: "beta" });
    expect((await world.get("/projects/alpha")).body).toEqual(project);
    expect((await world.get(`/projects/${project.id}`)).body).toEqual(project);
    const first = (await world.get("/projects?limit=1")).body;
    expect(first).toMatchObject({ items: [{ slug: "alpha", serviceCount: 0 }], nextCursor: "alpha" });
    const rest = (await world.get(`/projects?limit=100&cursor=${first.nextCursor}`)).body;
    expect(rest).toMatchObject({ items: [{ slug: "beta" }], nextCursor: null });
    expect((await world.remove("/projects/alpha")).body).toEqual({ removed: true });
    expect((await world.get("/projects/alpha")).status).toBe(404);
  });

  test("have a name of their own: of many at once one is made, and the others are told", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.post("/projects", { slug: "unique" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body.detail).toBe('There is already a project named "unique".');
    expect((await world.get("/projects/unique")).status).toBe(200);
  });

  test("are made once when the request is repeated with its Idempotency-Key", async () => {
    const headers = { ...world.owner, "idempotency-key": crypto.randomUUID() };
    const first = await world.post("/projects", { slug: "again" }, headers);
    const second = await world.post("/projects", { slug: "again" }, headers);
    expect([second.status, second.body]).toEqual([201, first.body]);
  });

  const names: { slug: string; why: string }[] = [
    { slug: "", why: "empty" },
    { slug: "Shop", why: "a capital" },
    { slug: "1shop", why: "begins with a digit" },
    { slug: "shop-", why: "ends with a dash" },
    { slug: "a".repeat(41), why: "too long" },
    { slug: "new", why: "an address of the pages" },
    { slug: "a.b", why: "a dot" },
  ];
  for (const { slug, why } of names) {
    test(`cannot be named "${slug.slice(0, 10)}": ${why}`, async () => {
      const { status, body } = await world.post("/projects", { slug });
      expect([status, body.errors?.[0]?.path]).toEqual([400, "slug"]);
    });
  }

  test("with services are not removed, not even when one is being made in the same moment", async () => {
    const { project } = await world.newService();
    expect((await world.remove(`/projects/${project}`)).body.detail).toBe("Remove the project's services first.");
    await world.post("/projects", { slug: "racing" });
    const [made, removed] = await Promise.all([
      world.post("/projects/racing/services", { slug: "api", source: GIT }),
      world.remove("/projects/racing"),
    ]);
    expect([made.status === 201, removed.status === 200]).toEqual([made.status === 201, made.status !== 201]);
    expect((await world.get("/projects/racing/services/api")).status).toBe(made.status === 201 ? 200 : 404);
  });
});

describe("services", () => {
  test("are made with defaults, shown with their address, changed and removed", async () => {
    const { path, project, body } = await world.newService();
    expect(body).toMatchObject({
      slug: "api",
      project,
      source: GIT,
      latest: null,
      settings: { port: 8080, health: { kind: "tcp" }, resources: {} },
    });
    expect(body.url).toBe(`http://api-${project}.localhost:${world.platform.config.appUrl.port}`);
    expect((await world.get(path)).body).toEqual(body);
    const changed = await world.patch(path, { source: { kind: "image", reference: "nginx:1.27" } });
    expect(changed.body).toEqual({ ...body, source: { kind: "image", reference: "nginx:1.27" } });
    const list = (await world.get(`/projects/${project}/services`)).body;
    expect(list).toEqual({ items: [changed.body], nextCursor: null });
    expect((await world.remove(path)).body).toEqual({ removed: true });
    expect((await world.get(path)).status).toBe(404);
    expect(world.seen).toContain(`clusters DELETE /workloads/${body.workloadId}`);
  });

  test("two people who change different things do not undo each other", async () => {
    const { path, body } = await world.newService();
    await Promise.all([
      world.patch(path, { source: { ...GIT, ref: "main" } }),
      world.patch(path, { settings: { ...body.settings, port: 9999 } }),
    ]);
    const { source, settings } = (await world.get(path)).body;
    expect([source.ref, settings.port]).toEqual(["main", 9999]);
  });

  test("have a name of their own within the project", async () => {
    const { project } = await world.newService();
    const again = await world.post(`/projects/${project}/services`, { slug: "api", source: GIT });
    expect([again.status, again.body.detail]).toEqual([409, 'There is already a service named "api" in this project.']);
  });

  test("whose plain host name is taken get one with a suffix that stays", async () => {
    await world.post("/projects", { slug: "b-c" });
    await world.post("/projects", { slug: "c" });
    const plain = (await world.post("/projects/b-c/services", { slug: "a", source: GIT })).body;
    const taken = (await world.post("/projects/c/services", { slug: "a-b", source: GIT })).body;
    expect(new URL(plain.url).hostname).toBe("a-b-c.localhost");
    expect(new URL(taken.url).hostname).toMatch(/^a-b-c-[0-9a-f]{6}\.localhost$/);
    expect((await world.get("/projects/c/services/a-b")).body.url).toBe(taken.url);
  });

  test("of many at once with one host name, one has it plain", async () => {
    for (const slug of ["x-y-z", "y-z", "z"]) await world.post("/projects", { slug });
    const made = await Promise.all([
      world.post("/projects/x-y-z/services", { slug: "w", source: GIT }),
      world.post("/projects/y-z/services", { slug: "w-x", source: GIT }),
      world.post("/projects/z/services", { slug: "w-x-y", source: GIT }),
    ]);
    const hosts = made.map(({ body }) => new URL(body.url).hostname);
    expect(new Set(hosts).size).toBe(3);
    expect(hosts.filter((host) => host === "w-x-y-z.localhost")).toHaveLength(1);
  });

  const wrong: { name: string; input: Record<string, unknown>; path: string }[] = [
    { name: "a file as a repository", input: { source: { kind: "git", url: "file:///etc" } }, path: "source.url" },
    {
      name: "an option as a repository",
      input: { source: { kind: "git", url: "--upload-pack=x" } },
      path: "source.url",
    },
    {
      name: "a password in the URL",
      input: { source: { kind: "git", url: "https://a:b@x.example/y" } },
      path: "source.url",
    },
    { name: "an option as a branch", input: { source: { ...GIT, ref: "--force" } }, path: "source.ref" },
    { name: "a shell as an image", input: { source: { kind: "image", reference: "a;b" } }, path: "source.reference" },
    { name: "no such kind", input: { source: { kind: "svn" } }, path: "source.kind" },
    { name: "a port that is none", input: { settings: { port: 70_000 } }, path: "settings.port" },
    { name: "a folder outside", input: { settings: { rootDirectory: "a/../../b" } }, path: "settings.rootDirectory" },
    { name: "a setting nobody knows", input: { settings: { turbo: true } }, path: "settings" },
    { name: "two lines as a command", input: { settings: { startCommand: "a\nb" } }, path: "settings.startCommand" },
    { name: "a reserved name", input: { slug: "new" }, path: "slug" },
  ];
  for (const { name, input, path } of wrong) {
    test(`are not made from ${name}`, async () => {
      await world.post("/projects", { slug: "wrong" });
      const { status, body } = await world.post("/projects/wrong/services", { slug: "api", source: GIT, ...input });
      expect([status, body.errors?.[0]?.path]).toEqual([400, path]);
      expect((await world.get("/projects/wrong/services")).body.items).toEqual([]);
    });
  }
});

describe("who may do what", () => {
  const rows: { role: "deployer" | "developer" | "viewer" | "admin"; does: string; status: number }[] = [
    { role: "viewer", does: "read", status: 200 },
    { role: "viewer", does: "deploy", status: 403 },
    { role: "viewer", does: "write variables", status: 403 },
    { role: "viewer", does: "make a project", status: 403 },
    { role: "deployer", does: "deploy", status: 202 },
    { role: "deployer", does: "write variables", status: 403 },
    { role: "deployer", does: "change a service", status: 403 },
    { role: "developer", does: "change a service", status: 200 },
    { role: "developer", does: "remove a service", status: 403 },
    { role: "admin", does: "remove a service", status: 200 },
  ];
  for (const { role, does, status } of rows) {
    test(`a ${role} ${status < 300 ? "may" : "may not"} ${does}`, async () => {
      const { path } = await world.newService();
      const headers = world.home.headers(role);
      const asked: Record<string, () => Promise<{ status: number }>> = {
        read: () => world.get(path, headers),
        deploy: () => world.post(`${path}/deployments`, {}, headers),
        "write variables": () => world.put(`${path}/variables`, { values: { A: "b" } }, headers),
        "make a project": () => world.post("/projects", { slug: "mine" }, headers),
        "change a service": () => world.patch(path, {}, headers),
        "remove a service": () => world.remove(path, headers),
      };
      expect((await asked[does]?.())?.status).toBe(status);
    });
  }

  test("another organisation sees nothing of it: every address answers as one that is missing", async () => {
    const { path, project } = await world.newService();
    const { id } = await world.deploy(path);
    const other = world.organisation("other").headers("owner");
    const answers = await Promise.all([
      world.get(`/projects/${project}`, other),
      world.get(path, other),
      world.get(`${path}/variables`, other),
      world.put(`${path}/variables`, { values: { A: "b" } }, other),
      world.post(`${path}/deployments`, {}, other),
      world.get(`${path}/deployments/${id}`, other),
      world.post(`${path}/deployments/${id}/cancel`, {}, other),
      world.post(`${path}/rollback`, {}, other),
      world.patch(path, {}, other),
      world.remove(path, other),
      world.remove(`/projects/${project}`, other),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await world.get("/projects", other)).body.items).toEqual([]);
    expect((await world.get(path)).status).toBe(200);
  });

  test("a narrow token does what its scopes say", async () => {
    const { path } = await world.newService();
    const headers = world.home.headers("owner", ["service:read"]);
    expect((await world.get(path, headers)).status).toBe(200);
    expect((await world.post(`${path}/deployments`, {}, headers)).status).toBe(403);
  });

  test("nobody without a credential, and no part of the platform, gets in", async () => {
    expect((await world.get("/projects", {})).status).toBe(401);
    expect((await world.get("/projects", await world.asApp("ci"))).status).toBe(404);
  });
});
