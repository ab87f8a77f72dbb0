import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { CRASHED, DIGEST } from "./outside.ts";
import { node } from "./stand-ins.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());
afterEach(() => {
  world.away.clear();
  world.nodes.splice(0, world.nodes.length, node("process"));
});

describe("a deployment through the apps as they answer", () => {
  test("goes from a git repository to live, and shows what came of it", async () => {
    const { path, body, project } = await world.newService({
      settings: { health: { kind: "http", path: "/healthz" } },
    });
    const live = await world.deployLive(path);
    expect(live).toMatchObject({
      state: "live",
      release: 1,
      digest: DIGEST,
      commit: "abc123",
      url: body.url,
      runtimeLog: `runtime.${body.workloadId}`,
      buildLog: `build.${world.jobOf(live.id).id}`,
      reason: null,
    });
    expect(world.streams.has(`runtime.${body.workloadId}`)).toBe(true);
    expect(world.workloads.get(body.workloadId)).toMatchObject({
      organisationId: world.home.id,
      projectSlug: project,
      serviceSlug: "api",
      release: {
        number: 1,
        image: { digest: DIGEST },
        port: 8080,
        hosts: [`api-${project}.localhost`, `api-${project}-${live.id.slice(-8)}.localhost`],
      },
    });
    const { items } = (await world.get(`${path}/releases`)).body;
    expect(items).toMatchObject([
      { number: 1, state: "live", image: `home/${project}/api@${DIGEST}`, commit: "abc123" },
    ]);
    expect((await world.get(path)).body.latest).toEqual(live);
  }, 30_000);

  test("gives the nodes somebody else's image by its whole name, which is no beginning of an id", async () => {
    const { path, body } = await world.newService({ source: { kind: "image", reference: "3f" } });
    await world.deploy(path);
    const { release } = await waitFor(() => world.workloads.get(body.workloadId), { timeoutMs: 10_000 });
    expect(release.image).toEqual({ reference: "docker.io/library/3f:latest" });
  }, 20_000);

  test("is accepted as queued, with where the service will answer", async () => {
    const { path, body } = await world.newService();
    const started = await world.deploy(path);
    expect(started).toMatchObject({ state: "queued", cause: "build", release: null, digest: null, createdBy: "owner" });
    expect(started.url).toBe(body.url);
  });

  test("is moved on by events: without one it would wait for its next look", async () => {
    const { path, body } = await world.newService();
    const { id } = await world.deploy(path);
    await world.untilJob(id);
    await world.freeze(id);
    const job = world.failBuild(id);
    await world.emit("ci", "ci.job.failed", job.id);
    expect((await world.untilState(path, id, "failed")).reason).toEqual(CRASHED);
    const second = await world.deploy(path);
    await world.untilJob(second.id);
    await world.freeze(second.id);
    await world.emit("ci", "ci.job.succeeded", world.succeedBuild(second.id).id);
    await waitFor(() => world.workloads.has(body.workloadId));
    await world.freeze(second.id);
    world.endRollout(body.workloadId, "failed", { code: "Odd Code", message: "" });
    await world.emit("clusters", "clusters.rollout.failed", body.workloadId);
    const failed = await world.untilState(path, second.id, "failed");
    expect(failed.reason).toEqual({ code: "unknown", message: "It failed without a reason." });
    // an event that concerns nothing of ours holds nothing up
    await world.emit("ci", "ci.job.failed", "no-uuid");
    const third = await world.deploy(path);
    await world.untilJob(third.id);
    await world.freeze(third.id);
    await world.emit("ci", "ci.job.failed", world.failBuild(third.id).id);
    await world.untilState(path, third.id, "failed");
  }, 40_000);

  test("waits while ci does not answer and goes on when it is back", async () => {
    const { path } = await world.newService();
    world.away.add("ci");
    const { id } = await world.deploy(path);
    await world.untilState(path, id, "building");
    await waitFor(() => world.seen.filter((line) => line === "ci POST /jobs").length > 1, { timeoutMs: 10_000 });
    expect((await world.get(`${path}/deployments/${id}`)).body).toMatchObject({ state: "building", reason: null });
    world.away.clear();
    await world.untilJob(id);
  }, 30_000);

  test("builds for the engine that is there, and waits when none is online", async () => {
    world.nodes.splice(0, world.nodes.length, node("process", "offline"));
    const { path } = await world.newService();
    const { id } = await world.deploy(path);
    await world.untilState(path, id, "building");
    await waitFor(() => world.seen.includes("clusters GET /nodes"));
    expect([...world.jobs.values()].some((job) => job.key === id)).toBe(false);
    world.nodes.push(node("docker"));
    await world.untilJob(id);
    expect(world.jobOf(id).spec.output).toBe("container");
  }, 30_000);

  test("is cancelled while it builds; asking again is fine, and asking too late is told", async () => {
    const { path } = await world.newService();
    const { id } = await world.deploy(path);
    await world.untilJob(id);
    const cancel = () => world.post(`${path}/deployments/${id}/cancel`, {});
    const answers = await Promise.all([cancel(), cancel()]);
    for (const { status, body } of answers) expect([status, body.cancelRequested]).toEqual([200, true]);
    await world.untilState(path, id, "cancelled");
    expect(world.jobOf(id).state).toBe("cancelled");
  }, 20_000);

  test("is one at a time under parallel requests, and the newest of the others waits", async () => {
    const { path } = await world.newService();
    await Promise.all(Array.from({ length: 12 }, () => world.deploy(path)));
    const { items } = (await world.get(`${path}/deployments?limit=100`)).body;
    const states: string[] = items.map(({ state }: { state: string }) => state);
    expect(states.filter((state) => state === "building").length).toBeLessThanOrEqual(1);
    expect(states.filter((state) => state === "queued").length).toBeLessThanOrEqual(1);
    expect(states.filter((state) => state === "superseded").length).toBeGreaterThanOrEqual(10);
    expect(items[0].state).not.toBe("superseded");
    expect(items.map(({ id }: { id: string }) => id)).toEqual(
      items
        .map(({ id }: { id: string }) => id)
        .toSorted()
        .toReversed(),
    );
  }, 20_000);
});

describe("what cannot be deployed is refused with what to do instead", () => {
  test("an upload where the service has a repository, and none where it needs one", async () => {
    const { path } = await world.newService();
    const wrong = await world.post(`${path}/deployments`, { uploadId: Bun.randomUUIDv7() });
    expect([wrong.status, wrong.body.detail]).toEqual([400, "This service is deployed from git, not from uploads."]);
    const { path: folder } = await world.newService({ source: { kind: "upload" } });
    const missing = await world.post(`${folder}/deployments`, {});
    expect([missing.status, missing.body.detail]).toEqual([400, expect.stringContaining("homeport deploy")]);
  });

  test("new variables where nothing is live, rollbacks where there is no way back", async () => {
    const { path } = await world.newService();
    const early = await world.post(`${path}/deployments`, { what: "configuration" });
    expect([early.status, early.body.detail]).toEqual([409, "Nothing is live yet; deploy first."]);
    const none = await world.post(`${path}/rollback`, {});
    expect([none.status, none.body.detail]).toEqual([409, "There is no earlier release to go back to."]);
    expect((await world.post(`${path}/rollback`, { to: 7 })).status).toBe(404);
    expect((await world.post(`${path}/rollback`, { to: 3_000_000_000 })).status).toBe(400);
    await world.deployLive(path);
    const live = await world.post(`${path}/rollback`, { to: 1 });
    expect([live.status, live.body.detail]).toEqual([409, "Release 1 is live already."]);
    expect((await world.post(`${path}/rollback`, {})).status).toBe(409);
  }, 30_000);

  test("a release that never went live is no way back", async () => {
    const { path, body } = await world.newService();
    await world.deployLive(path);
    const { id } = await world.deploy(path);
    await world.untilJob(id);
    await world.emit("ci", "ci.job.succeeded", world.succeedBuild(id).id);
    await waitFor(() => world.workloads.get(body.workloadId)?.generation === 2, { timeoutMs: 10_000 });
    world.endRollout(body.workloadId, "failed", CRASHED);
    await world.emit("clusters", "clusters.rollout.failed", body.workloadId);
    await world.untilState(path, id, "failed");
    const refused = await world.post(`${path}/rollback`, { to: 2 });
    expect([refused.status, refused.body.detail]).toEqual([409, "Release 2 never went live, so it is no way back."]);
  }, 40_000);

  test("a cursor that no page gave", async () => {
    const { path } = await world.newService();
    for (const list of ["deployments", "releases"]) {
      expect((await world.get(`${path}/${list}?cursor=nonsense`)).status).toBe(400);
    }
    expect((await world.get(`${path}/releases?cursor=99999999999`)).status).toBe(400);
    expect((await world.get("/projects?cursor=%00")).status).toBe(400);
  });
});

describe("removing a service", () => {
  test("stops its build, what runs, and lets go of its images", async () => {
    const { path, body } = await world.newService();
    const live = await world.deployLive(path);
    expect([...world.pins.keys()]).toContain(`deployment:${live.id}`);
    const { id } = await world.deploy(path);
    await world.untilJob(id);
    await world.freeze(id);
    expect((await world.remove(path)).status).toBe(200);
    expect(world.jobOf(id).state).toBe("cancelled");
    expect(world.workloads.has(body.workloadId)).toBe(false);
    expect([...world.pins.keys()]).not.toContain(`deployment:${live.id}`);
    expect((await world.get(path)).status).toBe(404);
  }, 30_000);

  test("while a part of the platform is away is done all the same, and what is left is taken away later", async () => {
    const { path } = await world.newService();
    const live = await world.deployLive(path);
    world.away.add("registry");
    expect((await world.remove(path)).status).toBe(200);
    expect((await world.get(path)).status).toBe(404);
    expect([...world.pins.keys()]).toContain(`deployment:${live.id}`);
    world.away.clear();
    await waitFor(() => !world.pins.has(`deployment:${live.id}`), { timeoutMs: 30_000 });
  }, 40_000);
});
