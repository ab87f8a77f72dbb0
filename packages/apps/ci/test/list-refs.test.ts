import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { testKeyring } from "@homeport/kit/test/keyring.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createJobs } from "../src/service/jobs.ts";
import { type ClaimBody, FAILURE, leaseOf, resultFor, type Scene, startScene } from "./scene.ts";

setDefaultTimeout(60_000); // the first start migrates a database

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());
beforeEach(async () => {
  await scene.database.admin`truncate ci.jobs cascade`;
});

const KIND = "list_refs";
const RESULT = {
  refs: [{ name: "refs/heads/main", commit: "ab".repeat(20) }],
  defaultBranch: "main",
  isTruncated: false,
  hostKey: "forge.example ssh-ed25519 AAAA",
};

const ask = (changes: Record<string, unknown> = {}) =>
  scene.createJob(undefined, {
    kind: KIND,
    spec: { organisationId: scene.home.id, source: { kind: "git", url: "https://forge.example/shop.git" } },
    ...changes,
  });

const claim = (): Promise<ClaimBody | null> => scene.claim("r1", { kinds: [KIND] });

test("refs are asked for, found and told, without a log", async () => {
  const { id } = await ask({ secrets: { git: { kind: "token", token: "canary-token" } } });
  const claimed = (await claim())!;
  expect(claimed).toMatchObject({ kind: KIND, secrets: { git: { kind: "token", token: "canary-token" } } });
  expect(claimed.jobToken).toBeUndefined(); // it pushes nothing and writes nothing
  const done = await scene.report("r1", "complete", { kind: KIND, ...leaseOf(claimed), result: RESULT });
  expect(done.body).toEqual({ state: "succeeded" });
  expect(await scene.getJob(id)).toMatchObject({ kind: KIND, state: "succeeded", result: RESULT });
  const events = await scene.events(id);
  expect(events.map(({ type }) => type)).toEqual(["ci.job.queued", "ci.job.started", "ci.job.succeeded"]);
  expect(events[2]?.data).toMatchObject({ kind: KIND, refCount: 1, defaultBranch: "main" });
  expect(scene.streams.has(`build.${id}`)).toBe(false);
});

test("a runner gets the kinds of jobs that it asks for, and builds unless it says", async () => {
  await ask();
  const build = await scene.createJob();
  await scene.untilQueued(2);
  expect((await scene.claim("r1"))?.job.id).toBe(build.id);
  expect(await scene.claim("r1")).toBeNull();
  expect((await scene.claim("r1", { kinds: ["build", KIND] }))?.kind).toBe(KIND);
});

test("a runner that waits for one gets it at once", async () => {
  const waiting = scene.claim("r1", { kinds: [KIND], waitSeconds: 20 });
  await scene.untilSent();
  const started = performance.now();
  await ask();
  expect((await waiting)?.kind).toBe(KIND);
  expect(performance.now() - started).toBeLessThan(1000);
});

test("it has a minute, and what is over its time fails with a word that fits", async () => {
  await ask();
  const claimed = (await claim())!;
  const [row] = await scene.database.admin<[{ seconds: number }]>`
    select extract(epoch from deadline_at - started_at)::int as seconds from ci.jobs`;
  expect(row.seconds).toBe(60);
  await scene.database.admin`update ci.jobs set deadline_at = now()`;
  const job = await waitFor(
    async () => {
      const found = await scene.getJob(claimed.job.id);
      return found.state === "failed" ? found : null;
    },
    { timeoutMs: 12_000 },
  );
  expect(job.reason).toMatchObject({ code: "timed_out" });
  expect(job.reason?.message).toContain("request for branches");
}, 20_000);

test("it is cancelled, retried and lost as builds are", async () => {
  const cancelled = await ask();
  expect((await scene.cancel(cancelled)).body.state).toBe("cancelled");
  await ask();
  const first = (await claim())!;
  await scene.report("r1", "fail", { ...leaseOf(first), reason: FAILURE, retry: true });
  const second = (await claim())!;
  expect(second.job).toMatchObject({ id: first.job.id, attempt: 2 });
  const last = await scene.report("r1", "fail", { ...leaseOf(second), reason: FAILURE, retry: true });
  expect(last.body).toEqual({ state: "failed" });
});

test("a result of another kind is refused and changes nothing", async () => {
  await ask();
  const claimed = (await claim())!;
  const result = resultFor(scene.spec());
  const refused = await scene.report("r1", "complete", { ...leaseOf(claimed), result });
  expect([refused.status, refused.body.detail]).toEqual([400, "kind: this job is one of list_refs."]);
  expect((await scene.getJob(claimed.job.id)).state).toBe("running");
});

test("members of the organisation see it, and nobody else does", async () => {
  const url = "https://me:canary@forge.example/shop.git";
  const { id } = await ask({ spec: { organisationId: scene.home.id, source: { kind: "git", url } } });
  const get = (headers: Record<string, string>) => scene.json("GET", `/api/v1/ci/jobs/${id}`, headers);
  const seen = await get(scene.home.headers("viewer"));
  expect(seen.body.spec.source.url).toBe("https://forge.example/shop.git");
  expect((await get(scene.organisation("other").headers("owner"))).status).toBe(404);
  const granted = scene.home.granted([{ role: "viewer", projectId: Bun.randomUUIDv7(), environmentId: null } as never]);
  expect((await get(granted)).status).toBe(403); // it is the organisation's, and no project's
});

test("it is forgotten an hour after its end, as there may be one every minute", async () => {
  const old = await ask();
  const fresh = await ask();
  const waiting = await ask();
  await scene.cancel(old);
  await scene.cancel(fresh);
  await scene.database.admin`update ci.jobs set finished_at = now() - interval '61 minutes' where id = ${old.id}`;
  await createJobs(scene.database.connect("ci"), testKeyring(), () => undefined).prune(30);
  const kept = await scene.database.admin<{ id: string }[]>`select id from ci.jobs order by id`;
  expect(kept.map(({ id }) => id)).toEqual([fresh.id, waiting.id].sort());
});

const spec = (changes: Record<string, unknown>) => ({
  organisationId: scene.home.id,
  source: { kind: "git", url: "https://forge.example/shop.git" },
  ...changes,
});
const refused: { name: string; body: () => Record<string, unknown> }[] = [
  { name: "an upload", body: () => ({ spec: spec({ source: { kind: "upload", uploadId: Bun.randomUUIDv7() } }) }) },
  { name: "a pattern that is an option", body: () => ({ spec: spec({ patterns: ["--upload-pack=id"] }) }) },
  { name: "a pattern of two lines", body: () => ({ spec: spec({ patterns: ["main\nx"] }) }) },
  { name: "21 patterns", body: () => ({ spec: spec({ patterns: Array.from({ length: 21 }, () => "main") }) }) },
  { name: "values for a build", body: () => ({ secrets: { build: { A: "b" } } }) },
  { name: "a spec of a build", body: () => ({ spec: scene.spec() }) },
  { name: "more than ten minutes", body: () => ({ timeoutSeconds: 601 }) },
];
for (const { name, body } of refused) {
  test(`${name} is refused`, async () => {
    const whole = { kind: KIND, key: "k", organisationId: scene.home.id, spec: spec({}), ...body() };
    const answer = await scene.json("POST", "/api/v1/ci/jobs", await scene.asApp("deployments"), whole);
    expect(answer.status).toBe(400);
  });
}
