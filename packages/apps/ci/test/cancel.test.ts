import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { waitFor } from "../../../kit/test/wait-for.ts";
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

test("cancelling a queued job ends it; no runner gets it", async () => {
  const job = await scene.createJob();
  const { id } = job;
  const cancelled = await scene.cancel(job);
  expect([cancelled.status, cancelled.body.state]).toEqual([200, "cancelled"]);
  expect(await scene.claim("r1", { waitSeconds: 1 })).toBeNull();
  expect((await scene.eventTypes(id)).at(-1)).toBe("ci.job.cancelled");
  await waitFor(() => scene.streams.get(`build.${id}`) === "ended");
});

test("a job that is cancelled while it waits for its log stream is never queued", async () => {
  scene.logging.answers = false;
  const job = await scene.createJob();
  const { id } = job;
  expect((await scene.cancel(job)).body.state).toBe("cancelled");
  scene.logging.answers = true;
  await scene.database.admin`update ci.jobs set log_step_at = now()`;
  await waitFor(() => scene.streams.get(`build.${id}`) === "ended", { timeoutMs: 10_000 });
  expect(await scene.eventTypes(id)).toEqual(["ci.job.cancelled"]);
});

test("the runner of a cancelled job hears of it at once, and whatever it reports then is a cancel", async () => {
  for (const report of ["complete", "fail"] as const) {
    const claimed = await scene.claimNew();
    const waiting = scene.report("r1", "heartbeat", { ...leaseOf(claimed), waitSeconds: 20 });
    await scene.untilSent();
    const started = performance.now();
    const asked = await scene.cancel(claimed.job);
    expect(asked.body).toMatchObject({ state: "running", cancelRequested: true });
    expect((await waiting).body).toMatchObject({ cancel: true });
    expect(performance.now() - started).toBeLessThan(2000);
    expect((await scene.cancel(claimed.job)).body.state).toBe("running");
    const body = report === "complete" ? { result: resultFor(claimed.job.spec) } : { reason: FAILURE, retry: true };
    const done = await scene.report("r1", report, { ...leaseOf(claimed), ...body });
    expect(done.body).toEqual({ state: "cancelled" });
    expect(await scene.eventTypes(claimed.job.id)).toEqual([
      "ci.job.queued",
      "ci.job.started",
      "ci.job.cancelling",
      "ci.job.cancelled",
    ]);
  }
});

test("a cancelled job whose runner is dead is closed", async () => {
  const claimed = await scene.claimNew();
  await scene.cancel(claimed.job);
  await scene.expireLease(claimed.job.id);
  await waitFor(async () => (await scene.getJob(claimed.job.id)).state === "cancelled", { timeoutMs: 12_000 });
}, 15_000);

test("cancelling a finished job leaves it as it is", async () => {
  const claimed = await scene.claimNew();
  await scene.report("r1", "complete", { ...leaseOf(claimed), result: resultFor(claimed.job.spec) });
  const answer = await scene.cancel(claimed.job);
  expect([answer.status, answer.body.state]).toEqual([200, "succeeded"]);
});

test("cancelling the job of a key that was never used does nothing, and a key is its organisation's own", async () => {
  expect(await scene.cancel({ key: "unknown" })).toMatchObject({ status: 200, body: null });
  const { id, key } = await scene.createJob("mine");
  const asked = await scene.json("POST", "/api/v1/ci/jobs/cancel", await scene.asApp("deployments"), {
    key,
    organisationId: scene.organisation("other").id,
  });
  expect([asked.status, asked.body]).toEqual([200, null]);
  expect((await scene.getJob(id)).state).toBe("queued");
});
