import { describe, expect, test } from "bun:test";
import { claimSteps, releaseStep } from "../src/store/steps.ts";
import { ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const world = sharedBench();
const { start, stateOf } = world;

describe("a slot", () => {
  test("has one deployment under way, and the newest of those that came meanwhile behind it", async () => {
    const { service, deployment } = await start();
    const waiting = await Promise.all(
      Array.from({ length: 8 }, () => world.bench.deploys.start(service, { what: "source" }, ADA)),
    );
    await world.bench.settle();
    expect(await stateOf(deployment)).toBe("building");
    const states = await Promise.all(waiting.map(stateOf));
    expect(states.filter((state) => state === "queued")).toHaveLength(1);
    expect(states.filter((state) => state === "superseded")).toHaveLength(7);
    world.bench.failBuild(deployment.id);
    await world.bench.pass();
    const next = waiting[states.indexOf("queued")];
    expect(next === undefined ? null : await stateOf(next)).toBe("building");
  });

  test("is taken by one of many steppers at once", async () => {
    const service = await world.bench.newService();
    await world.bench.deploys.start(service, { what: "source" }, ADA);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimSteps(world.bench.sql, 10)));
    expect(claims.flat()).toHaveLength(1);
  });

  test("tells of a superseded deployment what that one was, and who superseded it", async () => {
    const service = await world.bench.newService();
    await world.bench.deployLive(service);
    await world.bench.deploys.start(service, { what: "source" }, ADA);
    await world.bench.settle();
    const eve = { ...ADA, name: "Eve" };
    const waiting = await world.bench.deploys.start(await world.bench.reload(service), { what: "configuration" }, eve);
    await world.bench.deploys.start(service, { what: "source" }, ADA);
    const [event] = await world.bench.database.admin<{ data: { cause: string }; actor: { name: string } }[]>`
      select data, actor from platform.events
      where subject = ${waiting.id} and type = 'deployments.deployment.superseded'`;
    expect(event).toMatchObject({ data: { cause: "configuration" }, actor: { name: "Ada" } });
  });

  test("that was poked while a step ran is looked at again at once", async () => {
    const { deployment } = await start();
    await world.bench.sql`update deployments.deployments set step_at = now() where id = ${deployment.id}`;
    const [step] = await claimSteps(world.bench.sql, 10);
    if (step === undefined) throw new Error("it is due");
    await world.bench.sql`update deployments.deployments set step_at = now() where id = ${deployment.id}`; // an event
    await releaseStep(world.bench.sql, step, 60_000, false);
    expect(await claimSteps(world.bench.sql, 10)).toHaveLength(1);
  });

  test("knows who began a deployment of before there were service accounts", async () => {
    const { bench } = world;
    const deployment = await bench.deploys.start(await bench.newService(), { what: "source" }, ADA);
    const old = { personId: ADA.id, name: ADA.name };
    await bench.sql`
      update deployments.deployments set created_by = ${bench.sql.json(old)}, cancel_requested_by = ${bench.sql.json(old)}
      where id = ${deployment.id}`;
    const { createdBy, cancelRequestedBy } = await bench.get(deployment);
    expect([deployment.createdBy, createdBy, cancelRequestedBy]).toEqual([ADA, ADA, ADA]);
    expect(deployment.cancelRequestedBy).toBeNull();
  });
});
