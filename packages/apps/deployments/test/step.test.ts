import { describe, expect, test } from "bun:test";
import { MAX_ATTEMPTS } from "../src/service/reason-to-fail.ts";
import { ADA, BY_ADA } from "./bench.ts";
import { CRASHED, DIGEST } from "./outside.ts";
import { ownEnv } from "./own-env.ts";
import { sharedBench } from "./shared-bench.ts";

const world = sharedBench();
const { start, stateOf, generationOf } = world;

describe("a deployment from git", () => {
  test("is built, gets a release and goes live, and tells the event log of each", async () => {
    const { service, deployment } = await start();
    expect(await stateOf(deployment)).toBe("building");
    const { spec } = world.bench.succeedBuild(deployment.id, { commit: "abc", commitMessage: "Fix" });
    expect(spec).toMatchObject({
      repository: `home/${service.projectSlug}/api`,
      output: "process",
      source: service.source,
    });
    await world.bench.pass();
    expect(await stateOf(deployment)).toBe("rolling_out");
    world.bench.endRollout(service.workloadId, { state: "succeeded" });
    await world.bench.pass();
    const live = await world.bench.get(deployment);
    expect(live).toMatchObject({ state: "live", releaseNumber: 1, generation: 1, reason: null });
    expect(await world.bench.releaseOf(deployment)).toMatchObject({ state: "live", image: { digest: DIGEST } });
    expect((await world.bench.reload(service)).currentReleaseId).toBe(live.releaseId);
    expect(await world.bench.eventsOf(deployment)).toEqual(["queued", "started", "live"]);
    expect(world.bench.pins.get(`deployment:${deployment.id}`)).toBe(DIGEST);
  });

  test("whose build fails has failed for that very reason, and what is live stays", async () => {
    const service = await world.bench.newService();
    const first = await world.bench.deployLive(service);
    const second = await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    world.bench.failBuild(second.id);
    await world.bench.pass();
    expect(await world.bench.get(second)).toMatchObject({ state: "failed", reason: CRASHED, releaseId: null });
    expect(await world.bench.releaseOf(first)).toMatchObject({ state: "live" });
    expect(await world.bench.eventsOf(second)).toEqual(["queued", "started", "failed"]);
  });

  test("whose rollout fails says why, its release has failed, and the one before goes on", async () => {
    const service = await world.bench.newService();
    const first = await world.bench.deployLive(service);
    const second = await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    world.bench.succeedBuild(second.id);
    await world.bench.pass();
    world.bench.endRollout(service.workloadId, { state: "failed", reason: CRASHED });
    await world.bench.pass();
    expect(await world.bench.get(second)).toMatchObject({ state: "failed", reason: CRASHED, releaseNumber: 2 });
    expect(await world.bench.releaseOf(second)).toMatchObject({ state: "failed" });
    expect(await world.bench.releaseOf(first)).toMatchObject({ state: "live" });
    expect((await world.bench.reload(service)).currentReleaseId).toBe((await world.bench.get(first)).releaseId);
  });

  test("that replaces a live one makes that superseded, and there is only one live release", async () => {
    const service = await world.bench.newService();
    const first = await world.bench.deployLive(service);
    const second = await world.bench.deployLive(await world.bench.reload(service));
    expect(second).toMatchObject({ state: "live", releaseNumber: 2, generation: 2 });
    expect(await world.bench.releaseOf(first)).toMatchObject({ state: "superseded" });
  });
});

describe("other causes", () => {
  test("an image of our own registry is pinned by digest, without a build", async () => {
    const { service, deployment } = await start({ kind: "image", reference: "home/cache:7" });
    expect(await stateOf(deployment)).toBe("rolling_out");
    expect(await world.bench.releaseOf(deployment)).toMatchObject({
      image: { repository: "home/cache", digest: DIGEST },
    });
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(true);
    expect(world.bench.jobs.has(deployment.id)).toBe(false);
    expect(generationOf(service)).toBe(1);
  });

  test("an image of somebody else's registry runs by its name, and nothing is pinned", async () => {
    const { deployment } = await start({ kind: "image", reference: "docker.io/library/nginx:1.27" });
    expect(await world.bench.releaseOf(deployment)).toMatchObject({
      image: { reference: "docker.io/library/nginx:1.27" },
    });
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });

  test("an image that is not there fails with the registry's own words", async () => {
    const { deployment } = await start({ kind: "image", reference: "home/missing:1" });
    expect(await world.bench.get(deployment)).toMatchObject({
      state: "failed",
      reason: { code: "not_found", message: "There is no image home/missing:1." },
    });
  });

  test("new variables make a release of the live image, and only what is deployed afterwards has them", async () => {
    const service = await world.bench.newService();
    await world.bench.deployLive(service);
    await world.bench.variables.set(service, { LEVEL: "debug" }, BY_ADA);
    const before = world.bench.rollouts.get(service.workloadId)?.wanted;
    expect(ownEnv(before?.env)).toEqual({});
    const again = await world.bench.deploys.start(await world.bench.reload(service), { what: "configuration" }, ADA);
    await world.bench.settle();
    const wanted = world.bench.rollouts.get(service.workloadId)?.wanted;
    expect(wanted?.env.LEVEL?.reveal()).toBe("debug");
    expect(wanted?.release.image).toEqual(before?.release.image as never);
    expect(await world.bench.releaseOf(again)).toMatchObject({ number: 2, state: "pending" });
  });

  test("a rollback brings image, settings and variables back as they were, under a new generation", async () => {
    const service = await world.bench.newService();
    await world.bench.variables.set(service, { LEVEL: "one" }, BY_ADA);
    const first = await world.bench.deployLive(service);
    await world.bench.variables.set(service, { LEVEL: "two", MORE: "x" }, BY_ADA);
    await world.bench.services.update(
      world.bench.scope,
      service,
      { settings: { ...service.settings, port: 9999 } },
      BY_ADA,
    );
    await world.bench.deployLive(await world.bench.reload(service));
    const back = await world.bench.deploys.rollback(await world.bench.reload(service), undefined, ADA);
    await world.bench.settle();
    const rollout = world.bench.rollouts.get(service.workloadId);
    expect(rollout).toMatchObject({ generation: 3, releaseId: (await world.bench.get(first)).releaseId });
    expect(Object.keys(ownEnv(rollout?.wanted.env))).toEqual(["LEVEL"]);
    expect(rollout?.wanted.env.LEVEL?.reveal()).toBe("one");
    expect(rollout?.wanted.release.settings.port).toBe(service.settings.port);
    world.bench.endRollout(service.workloadId, { state: "succeeded" });
    await world.bench.pass();
    expect(await world.bench.get(back)).toMatchObject({ state: "live", releaseNumber: 1 });
    expect(await world.bench.releaseOf(first)).toMatchObject({ state: "live" });
    expect(world.bench.jobs.has(back.id)).toBe(false);
  });

  test("a rollback that fails leaves the earlier release a way back", async () => {
    const service = await world.bench.newService();
    const first = await world.bench.deployLive(service);
    const second = await world.bench.deployLive(await world.bench.reload(service));
    const back = await world.bench.deploys.rollback(await world.bench.reload(service), 1, ADA);
    await world.bench.settle();
    world.bench.endRollout(service.workloadId, { state: "failed", reason: CRASHED });
    await world.bench.pass();
    expect(await stateOf(back)).toBe("failed");
    expect(await world.bench.releaseOf(first)).toMatchObject({ state: "superseded" });
    expect(await world.bench.releaseOf(second)).toMatchObject({ state: "live" });
  });
});

describe("a part of the platform that is away", () => {
  for (const [app, state] of [
    ["builds", "building"],
    ["images", "releasing"],
    ["logs", "releasing"],
    ["rollouts", "rolling_out"],
  ] as const) {
    test(`${app}: the deployment waits as ${state} and goes on when it is back`, async () => {
      const { service, deployment } = await start();
      world.bench.succeedBuild(deployment.id);
      world.bench.away.add(app);
      for (let i = 0; i < MAX_ATTEMPTS + 3; i += 1) await world.bench.pass();
      expect(await stateOf(deployment)).toBe(state);
      world.bench.away.clear();
      await world.bench.pass();
      world.bench.endRollout(service.workloadId, { state: "succeeded" });
      await world.bench.pass();
      expect(await stateOf(deployment)).toBe("live");
    });
  }

  test("no node: a build waits for one, because what it makes depends on the engine", async () => {
    world.bench.setOutput(null);
    const { deployment } = await start();
    await world.bench.pass();
    expect(await world.bench.get(deployment)).toMatchObject({ state: "building", jobId: null, reason: null });
    world.bench.setOutput("container");
    await world.bench.pass();
    expect(world.bench.jobs.get(deployment.id)?.spec.output).toBe("container");
  });
});

describe("a step that cannot be taken", () => {
  test("for no known reason is tried again, but not for ever: the slot is given free", async () => {
    const service = await world.bench.newService();
    await world.bench.variables.set(service, { LEVEL: "one" }, BY_ADA);
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    world.bench.succeedBuild(deployment.id);
    await world.bench
      .sql`update deployments.variables set value_sealed = '\\x00' where workload_id = ${service.workloadId}`;
    for (let i = 1; i < MAX_ATTEMPTS; i += 1) await world.bench.pass();
    expect(await stateOf(deployment)).toBe("releasing");
    await world.bench.pass();
    expect(await world.bench.get(deployment)).toMatchObject({ state: "failed", reason: { code: "internal" } });
    expect(await world.bench.releaseOf(deployment)).toBeNull(); // nothing half made
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
    await world.bench.variables.unset(service, ["LEVEL"], BY_ADA);
    expect((await world.bench.deployLive(service)).state).toBe("live");
  });

  test("can still be cancelled while it fails", async () => {
    const { service, deployment } = await start();
    world.bench.succeedBuild(deployment.id);
    await world.bench.pass();
    await world.bench
      .sql`update deployments.releases set env_sealed = '\\x00' where workload_id = ${service.workloadId}`;
    await world.bench.pass();
    expect(await stateOf(deployment)).toBe("rolling_out");
    await world.bench.deploys.cancel(service, deployment, ADA);
    await world.bench.pass();
    expect(await stateOf(deployment)).toBe("cancelled");
  });

  test("because the nodes refuse it has failed, and so has its release", async () => {
    const service = await world.bench.newService();
    await world.bench.deployLive(service);
    const rollout = world.bench.rollouts.get(service.workloadId);
    if (rollout !== undefined) rollout.generation = 9; // as if this database were older than theirs
    const second = await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    world.bench.succeedBuild(second.id);
    await world.bench.pass();
    expect(await world.bench.get(second)).toMatchObject({ state: "failed", reason: { code: "conflict" } });
    expect(await world.bench.releaseOf(second)).toMatchObject({ state: "failed" });
  });

  test("waiting long is no failure: a build of an hour does not use up the tries", async () => {
    const { deployment } = await start();
    for (let i = 0; i < MAX_ATTEMPTS + 3; i += 1) await world.bench.pass();
    const [row] = await world.bench.sql<{ attempt: number }[]>`
      select attempt from deployments.deployments where id = ${deployment.id}`;
    expect(row?.attempt).toBe(0);
  });
});
