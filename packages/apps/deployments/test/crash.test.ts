import { describe, expect, test } from "bun:test";
import type { Deployment } from "../src/deployment.ts";
import { takeStep } from "../src/service/step.ts";
import type { Service } from "../src/service.ts";
import { claimSteps, releaseStep } from "../src/store/steps.ts";
import { ADA, BY_ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const world = sharedBench();
const { stateOf, generationOf } = world;

describe("a process that dies", () => {
  const CALLS = ["rollouts.buildOutput", "builds.start", "builds.look", "images.pin", "logs.open", "rollouts.put"];
  const finishes = async (service: Service, deployment: Deployment) => {
    for (let i = 0; i < 12 && (await stateOf(deployment)) !== "live"; i += 1) {
      if (world.bench.jobs.get(deployment.id)?.state.state === "underway") world.bench.succeedBuild(deployment.id);
      if (generationOf(service) !== undefined) world.bench.endRollout(service.workloadId, { state: "succeeded" });
      await world.bench.pass();
    }
    expect(await world.bench.get(deployment)).toMatchObject({ state: "live", releaseNumber: 1, generation: 1 });
    const [counted] = await world.bench.sql<{ releases: number }[]>`
      select count(*)::int as releases from deployments.releases where workload_id = ${service.workloadId}`;
    expect(counted?.releases).toBe(1);
    expect([...world.bench.jobs.values()].filter((job) => job.key === deployment.id)).toHaveLength(1);
    expect(await world.bench.eventsOf(deployment)).toEqual(["queued", "started", "live"]);
  };

  for (const call of CALLS) {
    for (const when of ["before", "after"] as const) {
      test(`right ${when} ${call}: the next one finds its way`, async () => {
        const service = await world.bench.newService();
        const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
        world.bench.crashAt({ call, when });
        await world.bench.settle();
        await finishes(service, deployment);
        expect(world.bench.hasCrashed()).toBe(true);
      });
    }
  }

  test("after it started a job, and the settings change meanwhile: the job it started is the one that counts", async () => {
    const service = await world.bench.newService();
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    world.bench.crashAt({ call: "builds.start", when: "after" });
    await world.bench.settle();
    const settings = { ...service.settings, rootDirectory: "api" };
    await world.bench.services.update(world.bench.scope, service, { settings }, BY_ADA);
    await finishes(await world.bench.reload(service), deployment);
  });

  test("after every single step, before it gives the step back: the leases run out and it goes on", async () => {
    world.bench.dieAfterSteps(true);
    const service = await world.bench.newService();
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    await finishes(service, deployment);
  });

  test("and comes back late writes nothing any more", async () => {
    const service = await world.bench.newService({ kind: "image", reference: "home/cache:7" });
    const deployment = await world.bench.deploys.start(service, { what: "source" }, ADA);
    const [late] = await claimSteps(world.bench.sql, 10);
    if (late === undefined) throw new Error("it is due");
    expect(await claimSteps(world.bench.sql, 10)).toEqual([]); // nobody else while the lease holds
    await world.bench.pass();
    expect(await stateOf(deployment)).toBe("rolling_out");
    await takeStep(world.bench.context, late);
    await releaseStep(world.bench.sql, late, 0, false);
    const [counted] = await world.bench.sql<{ releases: number; generation: number }[]>`
      select count(*)::int as releases, max(w.generation)::int as generation
      from deployments.releases r
      join deployments.workloads w on w.id = r.workload_id
      where r.workload_id = ${service.workloadId}`;
    expect(counted).toEqual({ releases: 1, generation: 1 });
    expect(await world.bench.eventsOf(deployment)).toEqual(["queued", "started"]);
  });
});
