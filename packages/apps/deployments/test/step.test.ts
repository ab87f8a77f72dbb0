import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Deployment } from "../src/deployment.ts";
import { MAX_ATTEMPTS, takeStep } from "../src/service/step.ts";
import type { Service } from "../src/service.ts";
import type { Source } from "../src/source.ts";
import { claimSteps, releaseStep } from "../src/store/steps.ts";
import { ADA, type Bench, startBench } from "./bench.ts";
import { CRASHED, DIGEST } from "./outside.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
}, 60_000);
afterAll(() => bench?.database.drop());
afterEach(async () => {
  bench.away.clear();
  bench.setOutput("process");
  bench.dieAfterSteps(false);
  bench.calls.length = 0;
  await bench.sql`update deployments.deployments set state = 'failed', finished_at = now() where finished_at is null`;
});

const start = async (source?: Source): Promise<{ service: Service; deployment: Deployment }> => {
  const service = await bench.newService(source);
  const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
  await bench.settle();
  return { service, deployment };
};
const stateOf = async (deployment: Deployment) => (await bench.get(deployment)).state;
const generationOf = (service: Service) => bench.rollouts.get(service.workloadId)?.generation;

describe("a deployment from git", () => {
  test("is built, gets a release and goes live, and tells the event log of each", async () => {
    const { service, deployment } = await start();
    expect(await stateOf(deployment)).toBe("building");
    const { spec } = bench.succeedBuild(deployment.id, { commit: "abc", commitMessage: "Fix" });
    expect(spec).toMatchObject({
      repository: `home/${service.projectSlug}/api`,
      output: "process",
      source: service.source,
    });
    await bench.pass();
    expect(await stateOf(deployment)).toBe("rolling_out");
    bench.endRollout(service.workloadId, { state: "succeeded" });
    await bench.pass();
    const live = await bench.get(deployment);
    expect(live).toMatchObject({ state: "live", releaseNumber: 1, generation: 1, reason: null });
    expect(await bench.releaseOf(deployment)).toMatchObject({ state: "live", image: { digest: DIGEST } });
    expect((await bench.reload(service)).currentReleaseId).toBe(live.releaseId);
    expect(await bench.eventsOf(deployment)).toEqual(["queued", "started", "live"]);
    expect(bench.pins.get(`deployment:${deployment.id}`)).toBe(DIGEST);
  });

  test("whose build fails has failed for that very reason, and what is live stays", async () => {
    const service = await bench.newService();
    const first = await bench.deployLive(service);
    const second = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    bench.failBuild(second.id);
    await bench.pass();
    expect(await bench.get(second)).toMatchObject({ state: "failed", reason: CRASHED, releaseId: null });
    expect(await bench.releaseOf(first)).toMatchObject({ state: "live" });
    expect(await bench.eventsOf(second)).toEqual(["queued", "started", "failed"]);
  });

  test("whose rollout fails says why, its release has failed, and the one before goes on", async () => {
    const service = await bench.newService();
    const first = await bench.deployLive(service);
    const second = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    bench.succeedBuild(second.id);
    await bench.pass();
    bench.endRollout(service.workloadId, { state: "failed", reason: CRASHED });
    await bench.pass();
    expect(await bench.get(second)).toMatchObject({ state: "failed", reason: CRASHED, releaseNumber: 2 });
    expect(await bench.releaseOf(second)).toMatchObject({ state: "failed" });
    expect(await bench.releaseOf(first)).toMatchObject({ state: "live" });
    expect((await bench.reload(service)).currentReleaseId).toBe((await bench.get(first)).releaseId);
  });

  test("that replaces a live one makes that superseded, and there is only one live release", async () => {
    const service = await bench.newService();
    const first = await bench.deployLive(service);
    const second = await bench.deployLive(await bench.reload(service));
    expect(second).toMatchObject({ state: "live", releaseNumber: 2, generation: 2 });
    expect(await bench.releaseOf(first)).toMatchObject({ state: "superseded" });
  });
});

describe("other causes", () => {
  test("an image of our own registry is pinned by digest, without a build", async () => {
    const { service, deployment } = await start({ kind: "image", reference: "home/cache:7" });
    expect(await stateOf(deployment)).toBe("rolling_out");
    expect(await bench.releaseOf(deployment)).toMatchObject({ image: { repository: "home/cache", digest: DIGEST } });
    expect(bench.pins.has(`deployment:${deployment.id}`)).toBe(true);
    expect(bench.jobs.has(deployment.id)).toBe(false);
    expect(generationOf(service)).toBe(1);
  });

  test("an image of somebody else's registry runs by its name, and nothing is pinned", async () => {
    const { deployment } = await start({ kind: "image", reference: "docker.io/library/nginx:1.27" });
    expect(await bench.releaseOf(deployment)).toMatchObject({ image: { reference: "docker.io/library/nginx:1.27" } });
    expect(bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });

  test("an image that is not there fails with the registry's own words", async () => {
    const { deployment } = await start({ kind: "image", reference: "home/missing:1" });
    expect(await bench.get(deployment)).toMatchObject({
      state: "failed",
      reason: { code: "not_found", message: "There is no image home/missing:1." },
    });
  });

  test("new variables make a release of the live image, and only what is deployed afterwards has them", async () => {
    const service = await bench.newService();
    await bench.deployLive(service);
    await bench.variables.set(service, { LEVEL: "debug" });
    const before = bench.rollouts.get(service.workloadId)?.wanted;
    expect(before?.env).toEqual({});
    const again = await bench.deploys.start(await bench.reload(service), { what: "configuration" }, ADA);
    await bench.settle();
    const wanted = bench.rollouts.get(service.workloadId)?.wanted;
    expect(wanted?.env.LEVEL?.reveal()).toBe("debug");
    expect(wanted?.release.image).toEqual(before?.release.image as never);
    expect(await bench.releaseOf(again)).toMatchObject({ number: 2, state: "pending" });
  });

  test("a rollback brings image, settings and variables back as they were, under a new generation", async () => {
    const service = await bench.newService();
    await bench.variables.set(service, { LEVEL: "one" });
    const first = await bench.deployLive(service);
    await bench.variables.set(service, { LEVEL: "two", MORE: "x" });
    await bench.services.update(bench.scope, service, { settings: { ...service.settings, port: 9999 } });
    await bench.deployLive(await bench.reload(service));
    const back = await bench.deploys.rollback(await bench.reload(service), undefined, ADA);
    await bench.settle();
    const rollout = bench.rollouts.get(service.workloadId);
    expect(rollout).toMatchObject({ generation: 3, releaseId: (await bench.get(first)).releaseId });
    expect(Object.keys(rollout?.wanted.env ?? {})).toEqual(["LEVEL"]);
    expect(rollout?.wanted.env.LEVEL?.reveal()).toBe("one");
    expect(rollout?.wanted.release.settings.port).toBe(service.settings.port);
    bench.endRollout(service.workloadId, { state: "succeeded" });
    await bench.pass();
    expect(await bench.get(back)).toMatchObject({ state: "live", releaseNumber: 1 });
    expect(await bench.releaseOf(first)).toMatchObject({ state: "live" });
    expect(bench.jobs.has(back.id)).toBe(false);
  });

  test("a rollback that fails leaves the earlier release a way back", async () => {
    const service = await bench.newService();
    const first = await bench.deployLive(service);
    const second = await bench.deployLive(await bench.reload(service));
    const back = await bench.deploys.rollback(await bench.reload(service), 1, ADA);
    await bench.settle();
    bench.endRollout(service.workloadId, { state: "failed", reason: CRASHED });
    await bench.pass();
    expect(await stateOf(back)).toBe("failed");
    expect(await bench.releaseOf(first)).toMatchObject({ state: "superseded" });
    expect(await bench.releaseOf(second)).toMatchObject({ state: "live" });
  });
});

describe("cancelling", () => {
  const cancel = async (service: Service, deployment: Deployment) => {
    const asked = await bench.deploys.cancel(service, await bench.get(deployment));
    await bench.pass();
    return asked;
  };

  test("a queued one is over at once", async () => {
    const service = await bench.newService();
    const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
    expect((await bench.deploys.cancel(service, deployment)).state).toBe("cancelled");
    await bench.settle();
    expect(bench.jobs.has(deployment.id)).toBe(false);
    expect(await bench.eventsOf(deployment)).toEqual(["queued", "cancelled"]);
  });

  test("a building one stops its job", async () => {
    const { service, deployment } = await start();
    expect((await cancel(service, deployment)).state).toBe("building");
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(bench.jobs.get(deployment.id)?.state).toEqual({ state: "cancelled" });
    expect(await bench.eventsOf(deployment)).toEqual(["queued", "started", "cancelling", "cancelled"]);
  });

  test("one whose build has just ended makes no release", async () => {
    const { service, deployment } = await start();
    bench.succeedBuild(deployment.id);
    await cancel(service, deployment);
    expect(await bench.get(deployment)).toMatchObject({ state: "cancelled", releaseId: null });
    expect(bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });

  test("one that waits for a node is over, although no node is there", async () => {
    bench.setOutput(null);
    const { service, deployment } = await start();
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(bench.jobs.has(deployment.id)).toBe(false);
  });

  test("one whose process died after starting the job stops that job", async () => {
    const service = await bench.newService();
    const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
    bench.crashAt({ call: "builds.start", when: "after" });
    await bench.settle();
    expect(await bench.get(deployment)).toMatchObject({ state: "building", jobId: null });
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(bench.jobs.get(deployment.id)?.state).toEqual({ state: "cancelled" });
  });

  test("one that pinned its image before its process died lets go of it", async () => {
    const { service, deployment } = await start();
    bench.succeedBuild(deployment.id);
    bench.crashAt({ call: "images.pin", when: "after" });
    await bench.pass();
    expect(bench.pins.has(`deployment:${deployment.id}`)).toBe(true);
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("cancelled");
    expect(bench.pins.has(`deployment:${deployment.id}`)).toBe(false);
  });

  test("one that rolls out is given up, and its release has failed", async () => {
    const service = await bench.newService();
    const first = await bench.deployLive(service);
    const second = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    bench.succeedBuild(second.id);
    await bench.pass();
    await cancel(service, second);
    expect(await stateOf(second)).toBe("cancelled");
    expect(await bench.releaseOf(second)).toMatchObject({ state: "failed" });
    expect(await bench.releaseOf(first)).toMatchObject({ state: "live" });
  });

  test("one that never reached the nodes is over, and its rollout would be refused from now on", async () => {
    const service = await bench.newService();
    await bench.deployLive(service);
    const second = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    bench.succeedBuild(second.id);
    bench.crashAt({ call: "rollouts.put", when: "before" });
    await bench.pass();
    expect(await stateOf(second)).toBe("rolling_out");
    await cancel(service, second);
    expect(await stateOf(second)).toBe("cancelled");
    expect(generationOf(service)).toBe(1);
  });

  test("one that has switched is live, whatever was asked", async () => {
    const { service, deployment } = await start({ kind: "image", reference: "home/cache:7" });
    bench.endRollout(service.workloadId, { state: "succeeded" });
    await cancel(service, deployment);
    expect(await stateOf(deployment)).toBe("live");
  });

  test("again changes and tells nothing; one that is over is refused", async () => {
    const { service, deployment } = await start();
    await bench.deploys.cancel(service, deployment);
    await bench.deploys.cancel(service, deployment);
    expect(await bench.eventsOf(deployment)).toEqual(["queued", "started", "cancelling"]);
    const live = await bench.deployLive(await bench.newService());
    expect(bench.deploys.cancel(service, live)).rejects.toThrow();
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
      bench.succeedBuild(deployment.id);
      bench.away.add(app);
      for (let i = 0; i < MAX_ATTEMPTS + 3; i += 1) await bench.pass();
      expect(await stateOf(deployment)).toBe(state);
      bench.away.clear();
      await bench.pass();
      bench.endRollout(service.workloadId, { state: "succeeded" });
      await bench.pass();
      expect(await stateOf(deployment)).toBe("live");
    });
  }

  test("no node: a build waits for one, because what it makes depends on the engine", async () => {
    bench.setOutput(null);
    const { deployment } = await start();
    await bench.pass();
    expect(await bench.get(deployment)).toMatchObject({ state: "building", jobId: null, reason: null });
    bench.setOutput("container");
    await bench.pass();
    expect(bench.jobs.get(deployment.id)?.spec.output).toBe("container");
  });
});

describe("a step that cannot be taken", () => {
  test("for no known reason is tried again, but not for ever: the slot is given free", async () => {
    const service = await bench.newService();
    await bench.variables.set(service, { LEVEL: "one" });
    const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    bench.succeedBuild(deployment.id);
    await bench.sql`update deployments.variables set value_sealed = '\\x00' where workload_id = ${service.workloadId}`;
    for (let i = 1; i < MAX_ATTEMPTS; i += 1) await bench.pass();
    expect(await stateOf(deployment)).toBe("releasing");
    await bench.pass();
    expect(await bench.get(deployment)).toMatchObject({ state: "failed", reason: { code: "internal" } });
    expect(await bench.releaseOf(deployment)).toBeNull(); // nothing half made
    await bench.variables.unset(service, ["LEVEL"]);
    expect((await bench.deployLive(service)).state).toBe("live");
  });

  test("can still be cancelled while it fails", async () => {
    const { service, deployment } = await start();
    bench.succeedBuild(deployment.id);
    await bench.pass();
    await bench.sql`update deployments.releases set env_sealed = '\\x00' where workload_id = ${service.workloadId}`;
    await bench.pass();
    expect(await stateOf(deployment)).toBe("rolling_out");
    await bench.deploys.cancel(service, deployment);
    await bench.pass();
    expect(await stateOf(deployment)).toBe("cancelled");
  });

  test("because the nodes refuse it has failed, and so has its release", async () => {
    const service = await bench.newService();
    await bench.deployLive(service);
    const rollout = bench.rollouts.get(service.workloadId);
    if (rollout !== undefined) rollout.generation = 9; // as if this database were older than theirs
    const second = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    bench.succeedBuild(second.id);
    await bench.pass();
    expect(await bench.get(second)).toMatchObject({ state: "failed", reason: { code: "conflict" } });
    expect(await bench.releaseOf(second)).toMatchObject({ state: "failed" });
  });

  test("waiting long is no failure: a build of an hour does not use up the tries", async () => {
    const { deployment } = await start();
    for (let i = 0; i < MAX_ATTEMPTS + 3; i += 1) await bench.pass();
    const [row] = await bench.sql<{ attempt: number }[]>`
      select attempt from deployments.deployments where id = ${deployment.id}`;
    expect(row?.attempt).toBe(0);
  });
});

describe("a process that dies", () => {
  const CALLS = ["rollouts.buildOutput", "builds.start", "builds.look", "images.pin", "logs.open", "rollouts.put"];
  const finishes = async (service: Service, deployment: Deployment) => {
    for (let i = 0; i < 12 && (await stateOf(deployment)) !== "live"; i += 1) {
      if (bench.jobs.get(deployment.id)?.state.state === "underway") bench.succeedBuild(deployment.id);
      if (generationOf(service) !== undefined) bench.endRollout(service.workloadId, { state: "succeeded" });
      await bench.pass();
    }
    expect(await bench.get(deployment)).toMatchObject({ state: "live", releaseNumber: 1, generation: 1 });
    const [counted] = await bench.sql<{ releases: number }[]>`
      select count(*)::int as releases from deployments.releases where workload_id = ${service.workloadId}`;
    expect(counted?.releases).toBe(1);
    expect([...bench.jobs.values()].filter((job) => job.key === deployment.id)).toHaveLength(1);
    expect(await bench.eventsOf(deployment)).toEqual(["queued", "started", "live"]);
  };

  for (const call of CALLS) {
    for (const when of ["before", "after"] as const) {
      test(`right ${when} ${call}: the next one finds its way`, async () => {
        const service = await bench.newService();
        const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
        bench.crashAt({ call, when });
        await bench.settle();
        await finishes(service, deployment);
        expect(bench.hasCrashed()).toBe(true);
      });
    }
  }

  test("after every single step, before it gives the step back: the leases run out and it goes on", async () => {
    bench.dieAfterSteps(true);
    const service = await bench.newService();
    const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    await finishes(service, deployment);
  });

  test("and comes back late writes nothing any more", async () => {
    const service = await bench.newService({ kind: "image", reference: "home/cache:7" });
    const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
    const [late] = await claimSteps(bench.sql, 10);
    if (late === undefined) throw new Error("it is due");
    expect(await claimSteps(bench.sql, 10)).toEqual([]); // nobody else while the lease holds
    await bench.pass();
    expect(await stateOf(deployment)).toBe("rolling_out");
    await takeStep(bench.context, late);
    await releaseStep(bench.sql, late, 0, false);
    const [counted] = await bench.sql<{ releases: number; generation: number }[]>`
      select count(*)::int as releases, max(w.generation)::int as generation
      from deployments.releases r
      join deployments.workloads w on w.id = r.workload_id
      where r.workload_id = ${service.workloadId}`;
    expect(counted).toEqual({ releases: 1, generation: 1 });
    expect(await bench.eventsOf(deployment)).toEqual(["queued", "started"]);
  });
});

describe("a slot", () => {
  test("has one deployment under way, and the newest of those that came meanwhile behind it", async () => {
    const { service, deployment } = await start();
    const waiting = await Promise.all(
      Array.from({ length: 8 }, () => bench.deploys.start(service, { what: "source" }, ADA)),
    );
    await bench.settle();
    expect(await stateOf(deployment)).toBe("building");
    const states = await Promise.all(waiting.map(stateOf));
    expect(states.filter((state) => state === "queued")).toHaveLength(1);
    expect(states.filter((state) => state === "superseded")).toHaveLength(7);
    bench.failBuild(deployment.id);
    await bench.pass();
    const next = waiting[states.indexOf("queued")];
    expect(next === undefined ? null : await stateOf(next)).toBe("building");
  });

  test("is taken by one of many steppers at once", async () => {
    const service = await bench.newService();
    await bench.deploys.start(service, { what: "source" }, ADA);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimSteps(bench.sql, 10)));
    expect(claims.flat()).toHaveLength(1);
  });

  test("tells of a superseded deployment what that one was", async () => {
    const service = await bench.newService();
    await bench.deployLive(service);
    await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    const eve = { personId: Bun.randomUUIDv7(), name: "Eve" };
    const waiting = await bench.deploys.start(await bench.reload(service), { what: "configuration" }, eve);
    await bench.deploys.start(service, { what: "source" }, ADA);
    const [event] = await bench.database.admin<{ data: { cause: string }; actor: { name: string } }[]>`
      select data, actor from platform.events
      where subject = ${waiting.id} and type = 'deployments.deployment.superseded'`;
    expect(event).toMatchObject({ data: { cause: "configuration" }, actor: { name: "Eve" } });
  });

  test("that was poked while a step ran is looked at again at once", async () => {
    const { deployment } = await start();
    await bench.sql`update deployments.deployments set step_at = now() where id = ${deployment.id}`;
    const [step] = await claimSteps(bench.sql, 10);
    if (step === undefined) throw new Error("it is due");
    await bench.sql`update deployments.deployments set step_at = now() where id = ${deployment.id}`; // an event
    await releaseStep(bench.sql, step, 60_000, false);
    expect(await claimSteps(bench.sql, 10)).toHaveLength(1);
  });
});
