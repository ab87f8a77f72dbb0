import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { testKeyring } from "../../../kit/test/keyring.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { createJobs } from "../src/service/jobs.ts";
import { leaseOf, resultFor, type Scene, startScene } from "./scene.ts";

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

test("a job goes from queued over running to succeeded, and says so in events", async () => {
  const created = await scene.createJob("deployment-1");
  expect(created).toMatchObject({ key: "deployment-1", state: "queued", attempt: 0 });
  const claimed = (await scene.claim("r1", { waitSeconds: 5 }))!;
  expect(claimed.job).toMatchObject({ id: created.id, state: "running", attempt: 1, runnerId: "r1" });
  expect(claimed.job.spec.source).toEqual({ kind: "git", url: "https://me:secret@forge.example/shop.git" });
  const result = resultFor(claimed.job.spec);
  const done = await scene.report("r1", "complete", { ...leaseOf(claimed), result });
  expect([done.status, done.body]).toEqual([200, { state: "succeeded" }]);
  expect(await scene.getJob(created.id)).toMatchObject({ state: "succeeded", result });
  const events = await scene.events(created.id);
  expect(events.map(({ type }) => type)).toEqual(["ci.job.queued", "ci.job.started", "ci.job.succeeded"]);
  expect(events[2]?.data).toMatchObject({ jobId: created.id, key: "deployment-1", result });
});

test("the same key gives the same job, however often and at once it is asked for", async () => {
  const spec = scene.spec();
  const jobs = await Promise.all(Array.from({ length: 20 }, () => scene.createJob("same", { spec })));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
  const [{ count }] = await scene.database.admin<[{ count: number }]>`select count(*) from ci.jobs`;
  expect(count).toBe(1);
});

test("a caller that asks again with something else gets the job it has, as it was", async () => {
  const spec = scene.spec({ startCommand: "node old.js" });
  const { id } = await scene.createJob("same", { spec });
  const again = await scene.createJob("same", { spec: { ...spec, startCommand: "node new.js" } });
  expect(again).toMatchObject({ id, spec: { startCommand: "node old.js" } });
});

test("jobs that were over long ago are forgotten; newer ones, those at work and those whose log is open are not", async () => {
  const finished = async (key: string, age: string, logState = "ended") => {
    const { id } = await scene.createJob(key);
    await scene.cancel({ key });
    await waitFor(() => scene.streams.get(`build.${id}`) === "ended");
    await scene.database.admin`
      update ci.jobs
      set finished_at = now() - ${age}::interval, log_state = ${logState}, log_step_at = 'infinity'
      where id = ${id}`;
  };
  await finished("old", "31 days");
  await finished("new", "29 days");
  await finished("open log", "31 days", "open");
  await scene.createJob("queued");
  await scene.database.admin`update ci.jobs set created_at = now() - interval '1 year'`;
  await createJobs(scene.database.connect("ci"), testKeyring(), () => undefined).prune(30);
  const kept = await scene.database.admin<{ key: string }[]>`select key from ci.jobs order by key`;
  expect(kept.map(({ key }) => key)).toEqual(["new", "open log", "queued"]);
});

test("members see their organisation's jobs without credentials; others see none", async () => {
  const { id } = await scene.createJob();
  const get = (headers: Record<string, string>) => scene.json("GET", `/api/v1/ci/jobs/${id}`, headers);
  const seen = await get(scene.home.headers("viewer"));
  expect(seen.body.spec.source.url).toBe("https://forge.example/shop.git");
  expect((await get(scene.organisation("other").headers("owner"))).status).toBe(404);
  expect((await get(await scene.identity({ kind: "runner", runnerId: "r1" }))).status).toBe(404);
  const create = (headers: Record<string, string>) =>
    scene.json("POST", "/api/v1/ci/jobs", headers, {
      kind: "build",
      key: "k",
      organisationId: scene.home.id,
      spec: scene.spec(),
    });
  expect((await create(scene.home.headers("owner"))).status).toBe(404);
  const claim = await scene.json("POST", "/api/v1/ci/runner/claim", scene.home.headers("owner"), {});
  expect(claim.status).toBe(404);
});

test("somebody with a role in a project or environment sees the jobs of it, and no others", async () => {
  const own = await scene.createJob();
  const sibling = await scene.createJob(undefined, { spec: scene.spec({ projectId: own.spec.projectId }) });
  const { projectId, environmentId } = own.spec;
  const statuses = async (headers: Record<string, string>) =>
    Promise.all(
      [own, sibling, await scene.createJob()].map(
        async ({ id }) => (await scene.json("GET", `/api/v1/ci/jobs/${id}`, headers)).status,
      ),
    );
  const granted = (environment: string | null) =>
    scene.home.granted([{ role: "viewer", projectId, environmentId: environment }]);
  expect(await statuses(granted(null))).toEqual([200, 200, 404]);
  expect(await statuses(granted(environmentId))).toEqual([200, 404, 404]);
  expect(await statuses(scene.home.granted([]))).toEqual([404, 404, 404]);
  expect(await statuses(scene.home.service("auditor"))).toEqual([200, 200, 200]);
});

test("what is no job is refused with the field that is wrong", async () => {
  const create = async (changes: Record<string, unknown>) =>
    scene.json("POST", "/api/v1/ci/jobs", await scene.asApp("deployments"), {
      kind: "build",
      key: "k",
      organisationId: scene.home.id,
      spec: scene.spec(),
      ...changes,
    });
  const spec = scene.spec();
  const other = await create({ spec: { ...spec, organisationId: Bun.randomUUIDv7() } });
  expect([other.status, other.body.detail]).toEqual([
    400,
    "spec.organisationId: names another organisation than the job.",
  ]);
  const missing = await create({ spec: { ...spec, source: { kind: "upload", uploadId: Bun.randomUUIDv7() } } });
  expect([missing.status, missing.body.detail]).toEqual([
    400,
    "The uploaded files are not there (any more). Upload them again.",
  ]);
  for (const bad of [
    { key: "" },
    { labels: ["UPPER"] },
    { timeoutSeconds: 0 },
    { spec: { ...spec, repository: "../etc" } },
    { spec: { ...spec, source: { kind: "ftp" } } },
    { spec: { ...spec, more: 1 } },
  ]) {
    expect((await create(bad)).status).toBe(400);
  }
});
