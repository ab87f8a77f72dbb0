import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { HOOK_PROVIDERS } from "../src/hook.ts";
import { commitId, NO_COMMIT } from "./deliveries.ts";
import { type PushWorld, startPushWorld } from "./push-world.ts";

setDefaultTimeout(30_000);

let world: PushWorld;
beforeAll(async () => {
  world = await startPushWorld();
}, 60_000);
afterAll(() => world?.stop());

const [A, B, C] = [commitId("a"), commitId("b"), commitId("c")];

for (const provider of HOOK_PROVIDERS) {
  test(`a push that ${provider} tells of deploys its commit, and the same delivery again does nothing`, async () => {
    const { path, project } = await world.newService({
      source: { kind: "git", url: "https://example.com/shop/api.git", ref: "main" },
    });
    const hook = await world.newHook(project, provider);
    expect(hook).toMatchObject({ provider, services: ["api"], lastDeliveryAt: null });
    const first = await world.deliver(hook, { branch: "main", before: A, after: B }, { id: "one" });
    expect([first.status, first.body.results]).toMatchObject([200, [{ service: "api", environment: "production" }]]);
    const [deployment, ...others] = await world.deploymentsOf(path);
    expect(others).toEqual([]);
    expect(deployment).toMatchObject({
      id: first.body.results[0].deployment,
      commit: B,
      cause: "build",
      createdBy: "Push to example.com/shop/api",
    });
    await world.untilJob(deployment.id);
    const source = { kind: "git", url: "https://example.com/shop/api.git", ref: "main", commit: B };
    expect(world.jobOf(deployment.id).spec.source).toEqual(source as never);
    expect(await world.deliver(hook, { branch: "main", before: A, after: B }, { id: "one" })).toMatchObject({
      status: 200,
      body: first.body,
    });
    expect(await world.deploymentsOf(path)).toHaveLength(1);
    const { items } = (await world.get(`/projects/${project}/hooks/${hook.id}/deliveries`)).body;
    expect(items).toMatchObject([{ id: "one", answer: first.body }]);
  });
}

test("strangers learn nothing: an unknown hook, a wrong signature and none get one answer", async () => {
  const { path, project } = await world.newService();
  const hook = await world.newHook(project);
  const answers = [
    await world.deliver(hook, { branch: "main" }, { secret: "guessed", address: "203.0.113.1" }),
    await world.deliver(
      { ...hook, secret: "x", address: hook.address.replace(hook.id, Bun.randomUUIDv7()) },
      { branch: "main" },
      { address: "203.0.113.1" },
    ),
    await world.deliver(
      { ...hook, address: hook.address.replace(hook.id, "nonsense") },
      { branch: "main" },
      { address: "203.0.113.1" },
    ),
  ].map(({ status, body: { requestId: _, ...body } }) => ({ status, body }));
  expect(answers[0]?.status).toBe(404);
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await world.deploymentsOf(path)).toEqual([]);
});

test("an address that guesses is sent away for a while, also with a right signature, and others are not", async () => {
  const { project } = await world.newService();
  const hook = await world.newHook(project);
  const guess = () => world.deliver(hook, { branch: "x" }, { secret: "guessed", address: "203.0.113.9" });
  for (let i = 0; i < 60; i += 1) expect((await guess()).status).toBe(404);
  expect((await guess()).status).toBe(429);
  const late = await world.deliver(hook, { branch: "x" }, { address: "203.0.113.9" });
  expect([late.status, late.headers.get("retry-after")]).toEqual([429, "60"]);
  expect((await world.deliver(hook, { branch: "x" }, { address: "203.0.113.10" })).status).toBe(200);
});

test("a body that is too large is not read to its end", async () => {
  const { project } = await world.newService();
  const hook = await world.newHook(project);
  const tooLarge = await world.deliver(hook, { branch: "main" }, { body: { text: "x".repeat(5 * 1024 * 1024) } });
  expect(tooLarge.status).toBe(413);
});

test("after a rotation the old secret holds for a day, the one before it no more", async () => {
  const { project } = await world.newService();
  const first = await world.newHook(project);
  const rotate = async () => (await world.post(`/projects/${project}/hooks/${first.id}/rotate`)).body;
  const second = await rotate();
  expect(second.secret).not.toBe(first.secret);
  const tries = (...hooks: { secret: string }[]) =>
    Promise.all(hooks.map(async (hook) => (await world.deliver(hook, { branch: "x" })).status));
  expect(await tries(first, second)).toEqual([200, 200]);
  const third = await rotate();
  expect(await tries(first, second, third)).toEqual([404, 200, 200]);
  await world.database
    .admin`update deployments.hooks set former_until = now() - interval '1 second' where id = ${first.id}`;
  expect(await tries(second, third)).toEqual([404, 200]);
});

test("the secret is told once, and kept sealed", async () => {
  const { project } = await world.newService();
  const hook = await world.newHook(project);
  const listed = await world.get(`/projects/${project}/hooks`);
  expect(JSON.stringify(listed.body)).not.toContain(hook.secret);
  expect(listed.body.items).toMatchObject([{ id: hook.id, address: hook.address }]);
  const rows = await world.database
    .admin`select encode(secret_sealed, 'escape') as text, hooks.*::text from deployments.hooks`;
  const events = await world.database.admin`select data::text from platform.events`;
  expect(JSON.stringify([rows, events])).not.toContain(hook.secret);
});

test("a repository has one webhook in a project, however its address is spelt, and one in another project", async () => {
  const [one, other] = [await world.newService(), await world.newService()];
  await world.newHook(one.project);
  const again = await world.post(`/projects/${one.project}/hooks`, {
    provider: "gitea",
    url: "git@example.com:shop/api",
  });
  expect(again.status).toBe(409);
  await world.newHook(other.project);
});

test("every service of the project that is built from the repository is considered, and each answer says why", async () => {
  const { path, project } = await world.newService({
    source: { kind: "git", url: "https://example.com/shop/api.git", ref: "main" },
  });
  const more = (slug: string, settings: unknown, url = "git@example.com:shop/api.git", ref = "main") =>
    world.post(`/projects/${project}/services`, { slug, source: { kind: "git", url, ref }, settings });
  await more("by-hand", { autoDeploy: false });
  await more("docs", { watchPaths: ["docs/**"] });
  await more("other", {}, "https://example.com/shop/other.git");
  await more("still", { replicas: 0 });
  await more("next", {}, undefined, "next");
  await more("web", { watchPaths: ["web/**"] });
  const hook = await world.newHook(project);
  const { body } = await world.deliver(hook, { branch: "main", files: [["web/a.ts"]] });
  expect(body.results.map(({ service }: { service: string }) => service)).toEqual([
    "api",
    "by-hand",
    "docs",
    "next",
    "still",
    "web",
  ]);
  const reasonOf = (name: string) => body.results.find(({ service }: { service: string }) => service === name).reason;
  expect(reasonOf("by-hand")).toContain("autoDeploy is off");
  expect(reasonOf("docs")).toContain("watch paths");
  expect(reasonOf("next")).toContain("No environment takes the branch main");
  expect(reasonOf("still")).toContain("no replicas");
  expect(body.message).toBe(`2 services are deployed for ${B.slice(0, 7)} of main.`);
  expect(await world.deploymentsOf(path)).toHaveLength(1);
});

test("a branch goes to the first environment that takes it; production takes the repository's own without a pattern", async () => {
  const { path, project } = await world.newService();
  await world.post(`/projects/${project}/environments`, { slug: "staging", branchPattern: "next" });
  await world.post(`/projects/${project}/environments`, { slug: "preview", branchPattern: "feature/*" });
  const hook = await world.newHook(project);
  const environmentOf = async (branch: string, after: string) =>
    (await world.deliver(hook, { branch, after, defaultBranch: "trunk" })).body.results[0].environment;
  expect(await environmentOf("next", A)).toBe("staging");
  expect(await environmentOf("feature/cart", A)).toBe("preview");
  expect(await environmentOf("trunk", A)).toBe("production");
  expect(await environmentOf("main", A)).toBeNull();
  expect(await world.deploymentsOf(path, "preview")).toMatchObject([{ commit: A, environment: "preview" }]);
});

test("a commit whose message asks to be skipped is, and the next one is not", async () => {
  const { project } = await world.newService();
  const hook = await world.newHook(project);
  const skipped = await world.deliver(hook, { branch: "main", after: B, message: "Typo [skip ci]\n" });
  expect(skipped.body.results[0].reason).toContain("skip");
  const next = await world.deliver(hook, { branch: "main", before: B, after: C });
  expect(next.body.results[0].deployment).toBeString();
});

test("what deploys nothing says so: a ping, a tag, another event, another repository, a hook without services", async () => {
  const { path, project } = await world.newService();
  const hook = await world.newHook(project);
  const ping = await world.deliver(hook, { branch: "" }, { event: "ping", body: { zen: "Speak like a human." } });
  expect([ping.status, ping.body.event]).toEqual([200, "ping"]);
  const star = await world.deliver(hook, { branch: "" }, { event: "star", body: {} });
  expect(star.body).toMatchObject({ event: "other", results: [] });
  const foreign = await world.deliver(hook, { branch: "main", repository: "evil/fork" });
  expect(foreign.body).toMatchObject({ event: "other", results: [], message: expect.stringContaining("evil/fork") });
  const lonely = await world.newHook(project, "github", "https://example.com/shop/unused.git");
  const nothing = await world.deliver(lonely, { branch: "main", repository: "shop/unused" });
  expect(nothing.body.message).toContain("no service of the project is built from this repository");
  await world.remove(path);
  expect((await world.deliver(hook, { branch: "main" })).body.message).toContain("Nothing to do");
});

test("a delivery that is no push is refused, and may come again", async () => {
  const { project } = await world.newService();
  const hook = await world.newHook(project);
  const bad = await world.deliver(hook, { branch: "main" }, { id: "x", body: { ref: 1 } });
  expect([bad.status, bad.body.code]).toEqual([400, "invalid"]);
  expect((await world.deliver(hook, { branch: "main" }, { id: "x" })).body.results[0].deployment).toBeString();
});

test("a branch that is deleted loses its address and what waits for it; what is live stays", async () => {
  const { path, project } = await world.newService();
  await world.post(`/projects/${project}/environments`, { slug: "preview", branchPattern: "feature/*" });
  const hook = await world.newHook(project);
  const push = async (after: string) => {
    const { body } = await world.deliver(hook, { branch: "feature/cart", after });
    return body.results[0].deployment as string;
  };
  const first = await push(A);
  await world.untilJob(first);
  await world.database.admin`
    insert into deployments.host_labels (label, organisation_id, workload_id, kind, reference)
    select ${`cart-${project}`}, organisation_id, workload_id, 'branch', 'feature/cart'
    from deployments.deployments where id = ${first}`;
  // Building cannot be stopped here, as nobody hears of it: the next one waits behind it.
  const waiting = (await world.post(`${path}/deployments`, { environment: "preview", ref: "feature/cart" })).body.id;
  const { body } = await world.deliver(hook, { branch: "feature/cart", before: A, after: NO_COMMIT });
  expect(body).toMatchObject({
    event: "branch_deleted",
    results: [{ service: "api", environment: "preview", reason: expect.stringContaining(waiting) }],
  });
  const states = (await world.deploymentsOf(path, "preview")).map(({ id, state, reason }) => ({
    id,
    state,
    code: reason?.code,
  }));
  expect(states).toContainEqual({ id: waiting, state: "cancelled", code: "branch_deleted" });
  expect(
    await world.database.admin`select label from deployments.host_labels where label = ${`cart-${project}`}`,
  ).toHaveLength(0);
  const again = await world.deliver(hook, { branch: "feature/cart", before: NO_COMMIT, after: A });
  expect(again.body.results[0].environment).toBe("preview");
});

test("who only looks at a project makes no webhook; a protected environment keeps developers from it", async () => {
  const { project } = await world.newService();
  const wanted = { provider: "github", url: "https://example.com/shop/api.git" };
  const as = (role: "viewer" | "deployer" | "developer") =>
    world.post(`/projects/${project}/hooks`, wanted, world.home.headers(role));
  expect((await as("viewer")).status).toBe(403);
  expect((await as("deployer")).status).toBe(403);
  await world.post(`/projects/${project}/environments`, { slug: "staging" });
  await world.patch(`/projects/${project}/environments/staging`, { protected: true });
  expect((await as("developer")).status).toBe(403);
  const hook = await world.newHook(project);
  const rotated = await world.post(`/projects/${project}/hooks/${hook.id}/rotate`, {}, world.home.headers("developer"));
  expect(rotated.status).toBe(403);
  const foreign = world.organisation("other").headers("owner");
  expect((await world.remove(`/projects/${project}/hooks/${hook.id}`, foreign)).status).toBe(404);
  expect((await world.remove(`/projects/${project}/hooks/${hook.id}`)).body).toEqual({ removed: true });
  expect((await world.deliver(hook, { branch: "main" })).status).toBe(404);
});

test("what a webhook does is in the audit log as the platform's deed, with the push as the reason", async () => {
  const { project } = await world.newService();
  const hook = await world.newHook(project);
  const { body } = await world.deliver(hook, { branch: "main", after: B }, { address: "203.0.113.50" });
  const entries = await world.database.admin<{ content: string }[]>`
    select content::text as content from platform.audit_entries where content::text like ${`%${body.results[0].deployment}%`}`;
  expect(entries).toHaveLength(1);
  const text = entries[0]?.content ?? "";
  for (const part of ["deployment:create", "203.0.113.50", `Push of ${B.slice(0, 7)} to main`])
    expect(text).toContain(part);
});
