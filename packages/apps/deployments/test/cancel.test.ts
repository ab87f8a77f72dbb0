import { describe, expect, test } from "bun:test";
import type { Deployment } from "../src/deployment.ts";
import type { Service } from "../src/service.ts";
import { ADA, BY_ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const world = sharedBench();
const { start, stateOf, generationOf } = world;

describe("cancelling", () => {
  const cancel = async (service: Service, deployment: Deployment) => {
    const asked = await world.bench.deploys.cancel(service, await world.bench.get(deployment), ADA);
    await world.bench.pass();
    return asked;
  };

  /** A deployment whose job was started by a process that died before it knew which. */
  const startWithoutHearing = async () => {
    const service = await world.bench.newService();
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    world.bench.crashAt({ call: "builds.start", when: "after" });
    await world.bench.settle();
    expect(await world.bench.get(deployment)).toMatchObject({ state: "building", jobId: null });
    return { service, deployment };
  };

  test("a queued one is over at once", async () => {
    const service = await world.bench.newService();
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    expect((await world.bench.deploys.cancel(service, deployment, ADA)).state).toBe("cancelled");
    await world.bench.settle();
    expect(world.bench.jobs.has(deployment.id)).toBe(false);
    expect(await world.bench.eventsOf(deployment)).toEqual(["queued", "cancelled"]);
  });

  test("a building one stops its job", async () => {
    const { service, deployment } = await start();
    expect((await cancel(service, deployment)).state).toBe("building");
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(world.bench.jobs.get(deployment.id)?.state).toEqual({ state: "cancelled" });
    expect(await world.bench.eventsOf(deployment)).toEqual(["queued", "started", "cancelling", "cancelled"]);
  });

  test("one whose build has just ended makes no release", async () => {
    const { service, deployment } = await start();
    world.bench.succeedBuild(deployment.id);
    await cancel(service, deployment);
    expect(await world.bench.get(deployment)).toMatchObject({ state: "cancelled", releaseId: null });
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });

  test("one that waits for a node is over, although no node is there", async () => {
    world.bench.setOutput(null);
    const { service, deployment } = await start();
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(world.bench.jobs.has(deployment.id)).toBe(false);
  });

  test("one whose process died after starting the job stops that job", async () => {
    const { service, deployment } = await startWithoutHearing();
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(world.bench.jobs.get(deployment.id)?.state).toEqual({ state: "cancelled" });
  });

  test("one whose process died after starting the job stops that job, although there is no node any more", async () => {
    const { service, deployment } = await startWithoutHearing();
    world.bench.setOutput(null);
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(world.bench.jobs.get(deployment.id)?.state).toEqual({ state: "cancelled" });
  });

  test("one that pinned its image before its process died lets go of it", async () => {
    const { service, deployment } = await start();
    world.bench.succeedBuild(deployment.id);
    world.bench.crashAt({ call: "images.pin", when: "after" });
    await world.bench.pass();
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(true);
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });

  test("one that rolls out is given up, and its release has failed", async () => {
    const service = await world.bench.newService();
    const first = await world.bench.deployLive(service);
    const second = await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    world.bench.succeedBuild(second.id);
    await world.bench.pass();
    await cancel(service, second);
    expect(await stateOf(second)).toBe("cancelled");
    expect(await world.bench.releaseOf(second)).toMatchObject({ state: "failed" });
    expect(await world.bench.releaseOf(first)).toMatchObject({ state: "live" });
  });

  test("one that never reached the nodes is over, and its rollout would be refused from now on", async () => {
    const service = await world.bench.newService();
    await world.bench.deployLive(service);
    const second = await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    world.bench.succeedBuild(second.id);
    world.bench.crashAt({ call: "rollouts.put", when: "before" });
    await world.bench.pass();
    expect(await stateOf(second)).toBe("rolling_out");
    await cancel(service, second);
    expect(await stateOf(second)).toBe("cancelled");
    expect(generationOf(service)).toBe(1);
  });

  test("one that has switched is live, whatever was asked", async () => {
    const { service, deployment } = await start({ kind: "image", reference: "home/cache:7" });
    world.bench.endRollout(service.workloadId, { state: "succeeded" });
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("live");
  });

  test("again changes and tells nothing; one that is over is refused", async () => {
    const { service, deployment } = await start();
    await world.bench.deploys.cancel(service, deployment, ADA);
    await world.bench.deploys.cancel(service, deployment, ADA);
    expect(await world.bench.eventsOf(deployment)).toEqual(["queued", "started", "cancelling"]);
    const live = await world.bench.deployLive(await world.bench.newService());
    expect(world.bench.deploys.cancel(service, live, ADA)).rejects.toThrow();
  });
});

describe("removing a service", () => {
  const isBuilding = (deployment: Deployment) => world.bench.jobs.get(deployment.id)?.state.state === "underway";

  test("stops the job of a deployment whose process died before it knew which", async () => {
    const service = await world.bench.newService();
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    world.bench.crashAt({ call: "builds.start", when: "after" });
    await world.bench.settle();
    expect(isBuilding(deployment)).toBe(true);
    await world.bench.services.remove(service, BY_ADA);
    expect(isBuilding(deployment)).toBe(false);
  });

  test("stops a job that is started at that very moment", async () => {
    const service = await world.bench.newService();
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    world.bench.during("builds.start", () => world.bench.services.remove(service, BY_ADA));
    await world.bench.settle();
    expect(world.bench.jobs.has(deployment.id)).toBe(true);
    expect(isBuilding(deployment)).toBe(false);
  });

  test("lets go of an image that is pinned at that very moment", async () => {
    const service = await world.bench.newService({ kind: "image", reference: "home/cache:7" });
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    world.bench.during("images.pin", () => world.bench.services.remove(service, BY_ADA));
    await world.bench.settle();
    expect(world.bench.calls).toContain("images.pin");
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });

  test("leaves nothing of a deployment that goes on meanwhile, neither running nor pinned", async () => {
    const service = await world.bench.newService({ kind: "image", reference: "home/cache:7" });
    const first = await world.bench.deployLive(service);
    const second = await world.bench.deploys.start(service, { what: "source" }, ADA);
    world.bench.during("rollouts.put", () => world.bench.services.remove(service, BY_ADA));
    await world.bench.settle();
    expect(world.bench.calls.slice(world.bench.calls.lastIndexOf("rollouts.put"))).toContain("rollouts.remove");
    expect(world.bench.rollouts.has(service.workloadId)).toBe(false);
    for (const { id } of [first, second]) expect(world.bench.pins.has(`deployment:${id}`)).toBe(false);
  });

  test("lets go of an image that a failed deployment left pinned", async () => {
    const { service, deployment } = await start({ kind: "image", reference: "home/missing:1" });
    expect(await stateOf(deployment)).toBe("failed");
    world.bench.pins.set(`deployment:${deployment.id}`, "sha256:left");
    await world.bench.services.remove(service, BY_ADA);
    expect(world.bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });
});
