import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { clientOf } from "@homeport/kit/client.ts";
import { verifyIdentity } from "@homeport/kit/identity.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { contract } from "../src/contract.ts";
import { FAILURE, leaseOf, resultFor, type Scene, startScene } from "./scene.ts";

setDefaultTimeout(60_000); // the first start migrates a database

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());
beforeEach(async () => {
  scene.logging.answers = true;
  await scene.database.admin`truncate ci.jobs cascade`;
});

test("the job token is the identity of this job, for this repository, and ends with the time limit", async () => {
  const { jobToken, job } = await scene.claimNew("r1", { timeoutSeconds: 90 });
  const principal = await verifyIdentity(scene.platform.identityKey, jobToken);
  expect(principal).toEqual({ kind: "job", jobId: job.id, organisationId: scene.home.id, repository: "home/shop/api" });
  const { iat, exp } = JSON.parse(atob(jobToken.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
  expect(exp - iat).toBe(90);
});

test("no two runners get the same job", async () => {
  const created = await Promise.all(Array.from({ length: 12 }, () => scene.createJob()));
  await Promise.all(created.map(({ id }) => waitFor(async () => scene.streams.has(`build.${id}`))));
  await scene.untilQueued(12);
  const claims = await Promise.all(Array.from({ length: 24 }, (_, n) => scene.claim(`r${n}`)));
  const ids = claims.flatMap((claim) => (claim === null ? [] : [claim.job.id]));
  expect(ids).toHaveLength(12);
  expect(new Set(ids).size).toBe(12);
});

test("a runner is only offered jobs whose labels it has, the more urgent first", async () => {
  const gpu = await scene.createJob("gpu", { labels: ["gpu"], priority: 10 });
  const low = await scene.createJob("low");
  const high = await scene.createJob("high", { priority: 5 });
  await scene.untilQueued(3);
  expect((await scene.claim("r1"))?.job.id).toBe(high.id);
  expect((await scene.claim("r1", { labels: ["arm"] }))?.job.id).toBe(low.id);
  expect(await scene.claim("r1")).toBeNull();
  expect((await scene.claim("r1", { labels: ["arm", "gpu"] }))?.job.id).toBe(gpu.id);
});

test("a runner that waits gets a new job at once, not at the next look", async () => {
  const waiting = scene.claim("r1", { waitSeconds: 20 });
  await scene.untilSent();
  const started = performance.now();
  await scene.createJob();
  expect(await waiting).not.toBeNull();
  expect(performance.now() - started).toBeLessThan(1000);
});

test("a claim without a job ends after its wait; the typed client reads null", async () => {
  const token = (await scene.identity({ kind: "runner", runnerId: "r1" }))["authorization"]!.slice("Bearer ".length);
  const client = clientOf(contract, "ci", { url: `http://${scene.host}`, token: () => token });
  expect(await client.runner.claim({ labels: [], waitSeconds: 0 })).toBeNull();
  expect(await client.runner.claim({ labels: [], waitSeconds: 1 })).toBeNull();
});

test("a job is offered only once its log stream exists, and the stream ends with the job", async () => {
  scene.logging.answers = false;
  const { id } = await scene.createJob();
  expect(await scene.claim("r1", { waitSeconds: 1 })).toBeNull();
  expect((await scene.getJob(id)).state).toBe("queued");
  expect(await scene.eventTypes(id)).toEqual([]);
  scene.logging.answers = true;
  await scene.database.admin`update ci.jobs set log_step_at = now()`;
  const claimed = (await scene.claim("r1", { waitSeconds: 10 }))!;
  expect(scene.streams.get(`build.${id}`)).toBe("open");
  await scene.report("r1", "fail", { ...leaseOf(claimed), reason: FAILURE });
  await waitFor(() => scene.streams.get(`build.${id}`) === "ended");
});

test("a failed job says why; a retry goes back into the queue until its attempts are used up", async () => {
  const first = await scene.claimNew();
  const again = await scene.report("r1", "fail", { ...leaseOf(first), reason: FAILURE, retry: true });
  expect(again.body).toEqual({ state: "queued" });
  const second = (await scene.claim("r2", { waitSeconds: 5 }))!;
  expect(second.job).toMatchObject({ id: first.job.id, attempt: 2 });
  const last = await scene.report("r2", "fail", { ...leaseOf(second), reason: FAILURE, retry: true });
  expect(last.body).toEqual({ state: "failed" });
  expect(await scene.getJob(first.job.id)).toMatchObject({ state: "failed", reason: FAILURE });
  expect(await scene.eventTypes(first.job.id)).toEqual([
    "ci.job.queued",
    "ci.job.started",
    "ci.job.queued",
    "ci.job.started",
    "ci.job.failed",
  ]);
});

test("a runner that was started anew gives back what it held, and nobody waits for its leases", async () => {
  const mine = await scene.claimNew("r1");
  const other = await scene.claimNew("r2");
  const begin = async () => scene.json("POST", "/api/v1/ci/runner/begin", await runnerHeaders("r1"), {});
  expect((await begin()).body).toEqual({ givenBack: 1 });
  const again = await scene.claim("r1");
  expect(again?.job).toMatchObject({ id: mine.job.id, attempt: 2 });
  expect((await scene.report("r1", "heartbeat", leaseOf(mine))).status).toBe(409);
  expect((await scene.report("r2", "heartbeat", leaseOf(other))).status).toBe(200);
});

const runnerHeaders = (runnerId: string) => scene.identity({ kind: "runner", runnerId });

test("a dead runner's job goes to another one; what the dead one says later is refused", async () => {
  const first = await scene.claimNew("dead");
  await scene.expireLease(first.job.id);
  const second = await waitFor(() => scene.claim("alive", { waitSeconds: 10 }), { timeoutMs: 12_000 });
  expect(second.job).toMatchObject({ id: first.job.id, attempt: 2 });
  const result = resultFor(first.job.spec);
  for (const [what, body] of [
    ["heartbeat", {}],
    ["complete", { result }],
    ["fail", { reason: FAILURE }],
  ] as const) {
    const late = await scene.report("dead", what, { ...leaseOf(first), ...body });
    expect([what, late.status]).toEqual([what, 409]);
    expect(late.body.detail).toStartWith("The lease is lost");
  }
  const stolen = await scene.report("dead", "complete", { ...leaseOf(second), result });
  expect(stolen.status).toBe(409);
  expect((await scene.report("alive", "complete", { ...leaseOf(second), result })).status).toBe(200);
}, 20_000);

test("a job whose runners keep dying fails with the reason", async () => {
  const first = await scene.claimNew("dead1");
  await scene.expireLease(first.job.id);
  await waitFor(() => scene.claim("dead2", { waitSeconds: 10 }), { timeoutMs: 12_000 });
  await scene.expireLease(first.job.id);
  const job = await waitFor(
    async () => {
      const found = await scene.getJob(first.job.id);
      return found.state === "failed" ? found : null;
    },
    { timeoutMs: 12_000 },
  );
  expect(job.reason?.code).toBe("runner_lost");
  expect(job.reason?.message).toContain("tried 2 times");
}, 30_000);

test("a build over its time limit fails, though its runner is alive", async () => {
  const claimed = await scene.claimNew("slow", { timeoutSeconds: 1 });
  const job = await waitFor(
    async () => {
      const found = await scene.getJob(claimed.job.id);
      return found.state === "failed" ? found : null;
    },
    { timeoutMs: 12_000 },
  );
  expect(job.reason?.code).toBe("timed_out");
  expect((await scene.report("slow", "heartbeat", leaseOf(claimed))).status).toBe(409);
}, 20_000);

test("a heartbeat keeps the job", async () => {
  const claimed = await scene.claimNew();
  await scene.database.admin`update ci.jobs set lease_until = now() + interval '1 s'`;
  const beat = await scene.report("r1", "heartbeat", leaseOf(claimed));
  expect(beat.body).toEqual({ cancel: false, leaseSeconds: 30 });
  const [{ left }] = await scene.database.admin<[{ left: number }]>`
    select extract(epoch from lease_until - now())::int as left from ci.jobs`;
  expect(left).toBeGreaterThan(25);
});

test("a report that is sent again gets the same answer", async () => {
  const claimed = await scene.claimNew();
  const body = { ...leaseOf(claimed), result: resultFor(claimed.job.spec) };
  expect((await scene.report("r1", "complete", body)).body).toEqual({ state: "succeeded" });
  expect((await scene.report("r1", "complete", body)).body).toEqual({ state: "succeeded" });
  expect((await scene.report("r1", "fail", { ...leaseOf(claimed), reason: FAILURE })).status).toBe(409);
  expect(await scene.eventTypes(claimed.job.id)).toHaveLength(3);
});

test("a result for another repository is refused and changes nothing", async () => {
  const claimed = await scene.claimNew();
  const result = { ...resultFor(claimed.job.spec), repository: "other/shop/api" };
  const refused = await scene.report("r1", "complete", { ...leaseOf(claimed), result });
  expect(refused.status).toBe(400);
  expect((await scene.getJob(claimed.job.id)).state).toBe("running");
});

test("a runner that hung up while it waited takes no job", async () => {
  const gone = new AbortController();
  const waiting = scene.request("/api/v1/ci/runner/claim", {
    method: "POST",
    headers: { ...(await scene.identity({ kind: "runner", runnerId: "gone" })), "content-type": "application/json" },
    body: JSON.stringify({ waitSeconds: 20 }),
    signal: gone.signal,
  });
  await scene.untilSent();
  gone.abort();
  await expect(waiting).rejects.toThrow();
  await scene.untilSent();
  const claimed = await scene.claimNew("here");
  expect(claimed.job.attempt).toBe(1);
});
