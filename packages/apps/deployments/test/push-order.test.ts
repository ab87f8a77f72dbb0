import { expect, test } from "bun:test";
import type { Push } from "../src/push.ts";
import { repositoryOf } from "../src/repository-url.ts";
import { takePush } from "../src/service/take-push.ts";
import type { Service } from "../src/service.ts";
import { listDeployments } from "../src/store/deployments.ts";
import { ADA } from "./bench.ts";
import { commitId } from "./deliveries.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();
const GIT = { kind: "git", url: "https://example.com/shop/api.git", ref: "main" } as const;
const ids = Array.from({ length: 20 }, (_, i) => (i + 1).toString(16).padStart(40, "0"));

const branchPush = (commit: string, before: string | null = null, branch = "main"): Push => ({
  kind: "branch",
  branch,
  commit,
  before,
  isForced: null,
  headMessage: "",
  paths: null,
  defaultBranch: "main",
});

const push = (service: Service, what: Push) =>
  shared.bench.sql.begin((tx) =>
    takePush(
      tx,
      {
        organisationId: service.organisationId,
        projectId: service.projectId,
        repository: repositoryOf(GIT.url),
        actor: { kind: "hook", id: Bun.randomUUIDv7(), name: "Push to example.com/shop/api" },
      },
      what,
    ),
  );

const deploymentsOf = async (service: Service) =>
  (await listDeployments(shared.bench.sql, service.workloadId, null, 100)).map(({ id, state, cause, reason }) => ({
    id,
    state,
    commit: cause.kind === "build" && cause.source.kind === "git" ? cause.source.commit : undefined,
    code: reason?.code,
  }));

test("a build of an older commit of the branch is cancelled by a newer push, and its deployment says why", async () => {
  const { bench } = shared;
  const service = await bench.newService(GIT);
  await push(service, branchPush(ids[0] as string));
  await bench.settle();
  await push(service, branchPush(ids[1] as string, ids[0]));
  await bench.pass();
  await bench.pass();
  expect(await deploymentsOf(service)).toMatchObject([
    { state: "building", commit: ids[1] },
    { state: "cancelled", commit: ids[0], code: "newer_push" },
  ]);
});

test("a build of another branch is not cancelled, and neither is what is further than building", async () => {
  const { bench } = shared;
  const service = await bench.newService(GIT);
  const byHand = await bench.deploys.start(service, { what: "source", ref: "hotfix" }, ADA);
  await bench.settle();
  await push(service, branchPush(ids[0] as string));
  await bench.pass();
  expect((await bench.get(byHand)).cancelRequestedAt).toBeNull();
  bench.succeedBuild(byHand.id);
  await bench.pass();
  expect((await bench.get(byHand)).state).toBe("rolling_out");
  await push(service, branchPush(ids[1] as string, ids[0]));
  expect((await bench.get(byHand)).cancelRequestedAt).toBeNull();
});

test("of twenty pushes at once in any order the newest is the one that is built, and nothing is stuck", async () => {
  const { bench } = shared;
  const service = await bench.newService(GIT);
  const pushes = ids.map((commit, i) => branchPush(commit, ids[i - 1] ?? null));
  await push(service, pushes[0] as Push);
  await bench.settle();
  await Promise.all([...pushes.slice(1)].map((each) => push(service, each)));
  // Whatever came before the newest one is known to be older; only one that the chain does not name could be newer.
  await push(service, pushes.at(-1) as Push);
  await bench.pass();
  await bench.pass();
  const all = await deploymentsOf(service);
  const unfinished = all.filter(({ state }) => state === "building" || state === "queued");
  expect(unfinished).toMatchObject([{ commit: ids.at(-1) }]);
});

test("pushes in their order, as fast as they come: one is built, the last", async () => {
  const { bench } = shared;
  const service = await bench.newService(GIT);
  for (const [i, commit] of ids.entries()) await push(service, branchPush(commit, ids[i - 1] ?? null));
  await bench.settle();
  const all = await deploymentsOf(service);
  expect(all.filter(({ state }) => state === "superseded")).toHaveLength(19);
  expect(all[0]).toMatchObject({ state: "building", commit: ids.at(-1) });
});

test("two webhooks that tell of one push queue one deployment", async () => {
  const service = await shared.bench.newService(GIT);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => push(service, branchPush(ids[3] as string, ids[2]))),
  );
  expect(answers.filter(({ results }) => results.length > 0)).toHaveLength(1);
  expect(await deploymentsOf(service)).toHaveLength(1);
});

test("a push that comes late, after the one that followed it, deploys nothing", async () => {
  const service = await shared.bench.newService(GIT);
  await push(service, branchPush(ids[2] as string, ids[1]));
  const late = await push(service, branchPush(ids[1] as string, ids[0]));
  expect(late).toMatchObject({ results: [], message: expect.stringContaining("newer push") });
  expect(await deploymentsOf(service)).toHaveLength(1);
});

test("an address that the live release answers to stays its own until another release is made", async () => {
  const { bench } = shared;
  const service = await bench.newService(GIT);
  const labelOf = () => bench.database.admin<{ label: string; retired: boolean }[]>`
    select label, retired_at is not null as retired from deployments.host_labels
    where workload_id = ${service.workloadId} and kind = 'branch'`;
  const hostsOf = () =>
    bench.rollouts.get(service.workloadId)?.wanted.hosts.filter((host) => host.includes("-branch-"));
  const live = async (commit: string, branch: string) => {
    const { results } = await push(service, branchPush(commit, null, branch));
    const id = results[0]?.deployment as string;
    await bench.settle();
    bench.succeedBuild(id);
    await bench.pass();
    bench.endRollout(service.workloadId, { state: "succeeded" });
    await bench.pass();
  };
  await live(commitId("d"), "main");
  expect(hostsOf()).toEqual([`api-${service.projectSlug}-branch-main.localhost`]);
  await push(service, { kind: "branch_deleted", branch: "main" });
  expect(await labelOf()).toMatchObject([{ retired: true }]);
  // Restarted meanwhile, it has lost the address; nobody else can have it before that.
  await bench.deploys.start(await bench.reload(service), { what: "configuration" }, ADA);
  await bench.settle();
  await bench.pass();
  expect(hostsOf()).toEqual([]);
  bench.endRollout(service.workloadId, { state: "succeeded" });
  await bench.pass();
  await push(service, { kind: "branch_deleted", branch: "main" });
  expect(await labelOf()).toHaveLength(0);
  // Somebody else may have it by now, so the release that once answered to it goes back without.
  await bench.deploys.rollback(await bench.reload(service), 1, ADA);
  await bench.settle();
  await bench.pass();
  expect(bench.rollouts.get(service.workloadId)?.wanted.release.number).toBe(1);
  expect(hostsOf()).toEqual([]);
});

test("a deployment is built once more from the very commit, on the branch it was of", async () => {
  const { bench } = shared;
  const service = await bench.newService(GIT);
  const first = await bench.deployLive(service);
  await expect(bench.deploys.redeploy(service, first, ADA)).rejects.toThrow(/which commit/);
  const byHand = await bench.deploys.start(service, { what: "source", commit: commitId("e") }, ADA);
  const again = await bench.deploys.redeploy(service, byHand, ADA);
  expect(again.cause).toMatchObject({ kind: "build", source: { url: GIT.url, ref: "main", commit: commitId("e") } });
});
