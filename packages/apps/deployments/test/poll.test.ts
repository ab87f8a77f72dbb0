import { afterEach, beforeEach, expect, test } from "bun:test";
import type { ListRefsResult } from "@homeport/ci/contract.ts";
import { type PollContext, runPoll, wantedPolls } from "../src/service/poll.ts";
import type { Service } from "../src/service.ts";
import type { Refs, RefsAnswer, RefsQuestion } from "../src/source-provider.ts";
import { listDeployments } from "../src/store/deployments.ts";
import { claimPolls, syncPolls } from "../src/store/polls.ts";
import { ADA } from "./bench.ts";
import { commitId } from "./deliveries.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();
const [A, B, C] = [commitId("a"), commitId("b"), commitId("c")];
const INTERVAL_MS = 300_000;

let answer: RefsAnswer;
let questions: RefsQuestion[];
let serial = 0;
beforeEach(() => {
  questions = [];
  listed({ main: A });
});
afterEach(async () => {
  await shared.bench.database.admin`delete from deployments.repository_polls`;
  await shared.bench.database.admin`update deployments.services set settings = settings || '{"autoDeploy":false}'`;
});

const listed = (branches: Record<string, string>, more: Partial<ListRefsResult> = {}) => {
  const refs = Object.entries(branches).map(([name, commit]) => ({ name: `refs/heads/${name}`, commit }));
  answer = { state: "listed", refs: { refs, defaultBranch: "main", isTruncated: false, ...more } };
};
const refs: Refs = {
  list: async (_key, question) => {
    questions.push(question);
    return answer;
  },
};
const context = (): PollContext => ({
  sql: shared.bench.sql,
  keys: shared.bench.context.keys,
  refs,
  intervalMs: () => INTERVAL_MS,
  wake: () => {},
});

/** A service from git that was deployed once, from this commit. */
const deployedService = async (commit = A): Promise<Service> => {
  const { bench } = shared;
  serial += 1;
  const service = await bench.newService({ kind: "git", url: `https://example.com/shop/api${serial}.git` });
  const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
  await bench.settle();
  bench.succeedBuild(deployment.id, { commit, branch: "main" });
  await bench.pass();
  bench.endRollout(service.workloadId, { state: "succeeded" });
  await bench.pass();
  return service;
};

/** One round: what is wanted is asked, whether it is due or not. How many were asked. */
const round = async (): Promise<number> => {
  await syncPolls(shared.bench.sql, await wantedPolls(shared.bench.sql), INTERVAL_MS);
  await shared.bench.database.admin`update deployments.repository_polls set due_at = now()`;
  const polls = await claimPolls(shared.bench.sql, 10);
  for (const poll of polls) await runPoll(context(), poll, new AbortController().signal);
  return polls.length;
};
const commitsOf = async ({ workloadId }: Service) =>
  (await listDeployments(shared.bench.sql, workloadId, null, 100)).map(({ cause, build }) =>
    cause.kind === "build" && cause.source.kind === "git" ? (cause.source.commit ?? build?.commit) : null,
  );

test("a branch that is where it was deploys nothing; one that moved is deployed once", async () => {
  const service = await deployedService();
  await round();
  expect(await commitsOf(service)).toEqual([A]);
  listed({ main: B });
  await round();
  await round();
  expect(await commitsOf(service)).toEqual([B, A]);
});

test("what was pushed before the first look is deployed, too", async () => {
  const service = await deployedService();
  listed({ main: B, other: C });
  await round();
  expect(await commitsOf(service)).toEqual([B, A]);
});

test("a build whose commit nobody knows yet is waited for", async () => {
  const { bench } = shared;
  serial += 1;
  const service = await bench.newService({ kind: "git", url: `https://example.com/shop/api${serial}.git` });
  const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
  await bench.settle();
  listed({ main: B });
  await round();
  expect(await commitsOf(service)).toEqual([undefined as never]);
  bench.succeedBuild(deployment.id, { commit: A });
  await bench.pass();
  await round();
  expect(await commitsOf(service)).toEqual([B, A]);
});

test("two schedulers that see a new commit at once deploy it once", async () => {
  const service = await deployedService();
  await round();
  listed({ main: B });
  await shared.bench.database.admin`update deployments.repository_polls set due_at = now()`;
  const [poll] = await claimPolls(shared.bench.sql, 1);
  if (poll === undefined) throw new Error("nothing was due");
  await Promise.all(Array.from({ length: 6 }, () => runPoll(context(), poll, new AbortController().signal)));
  expect(await commitsOf(service)).toEqual([B, A]);
});

test("a branch that is new, or gone, is as if it had been pushed", async () => {
  const { bench } = shared;
  const service = await deployedService();
  await bench.database.admin`
    insert into deployments.environments (id, organisation_id, project_id, slug, position, branch_pattern)
    values (${Bun.randomUUIDv7()}, ${service.organisationId}, ${service.projectId}, 'preview', 1, 'feature/*')`;
  await round();
  const production = await commitsOf(service);
  listed({ main: A, "feature/x": C });
  await round();
  expect(await commitsOf(service)).toEqual(production);
  const heads = () => bench.database.admin<{ branch: string }[]>`
    select branch from deployments.branch_heads where project_id = ${service.projectId} order by branch`;
  expect((await heads()).map(({ branch }) => branch)).toEqual(["main"]); // the service has no workload there
  listed({});
  await round();
  expect(await heads()).toHaveLength(1); // nobody believes that all branches went
  listed({ other: A });
  await round();
  expect(await heads()).toHaveLength(0);
});

test("a repository with a webhook is not asked, one that is deployed by hand neither, nor one that never was deployed", async () => {
  const { bench } = shared;
  const hooked = await deployedService();
  await bench.database.admin`
    insert into deployments.hooks (id, organisation_id, project_id, provider, url, repository, secret_sealed, created_by)
    values (${Bun.randomUUIDv7()}, ${hooked.organisationId}, ${hooked.projectId}, 'github', 'x',
      ${`example.com/shop/api${serial}`}, '\\x00', '{}')`;
  const byHand = await deployedService();
  await bench.database
    .admin`update deployments.services set settings = settings || '{"autoDeploy":false}' where id = ${byHand.id}`;
  await bench.newService({ kind: "git", url: "https://example.com/shop/never.git" });
  expect(await round()).toBe(0);
});

test("one question is asked for all services with the same address, and none of another organisation's", async () => {
  const { bench } = shared;
  const service = await deployedService();
  const url = service.source.kind === "git" ? service.source.url : "";
  const twin = await bench.newService({ kind: "git", url });
  await bench.deploys.start(twin, { what: "source" }, ADA);
  await round();
  expect(questions.map((each) => each.url)).toEqual([url]);
});

test("a server that cannot be asked is asked less and less often, and the reason is kept", async () => {
  await deployedService();
  answer = { state: "failed", reason: { code: "denied", message: "The server let nobody in." } };
  const waits: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    await round();
    const [poll] = await shared.bench.database.admin<{ seconds: number; reason: string }[]>`
      select extract(epoch from due_at - now())::float8 as seconds, reason from deployments.repository_polls`;
    expect(poll?.reason).toBe("The server let nobody in.");
    waits.push(poll?.seconds ?? 0);
  }
  expect(waits[1]).toBeGreaterThan((waits[0] ?? 0) * 1.5);
  expect(waits[2]).toBeGreaterThan((waits[1] ?? 0) * 1.5);
});

test("no more than four are asked at once, by however many schedulers", async () => {
  const { sql, database } = shared.bench;
  const organisationId = Bun.randomUUIDv7();
  await database.admin`
    insert into deployments.repository_polls (id, organisation_id, url, due_at)
    select gen_random_uuid(), ${organisationId}, 'https://example.com/' || n, now() from generate_series(1, 20) as n`;
  const claimed = await Promise.all(Array.from({ length: 6 }, () => claimPolls(sql, 4)));
  expect(claimed.flat()).toHaveLength(4);
});

test("polls that are new are spread over the interval", async () => {
  const { sql, database } = shared.bench;
  const wanted = Array.from({ length: 60 }, (_, i) => ({
    organisationId: Bun.randomUUIDv7() as never,
    url: `https://example.com/${i}`,
    credentialServiceId: null,
  }));
  await syncPolls(sql, wanted, INTERVAL_MS);
  const [spread] = await database.admin<{ early: number; late: number }[]>`
    select count(*) filter (where due_at < now() + interval '150 s')::int as early,
      count(*) filter (where due_at >= now() + interval '150 s')::int as late
    from deployments.repository_polls`;
  expect(spread?.early).toBeGreaterThan(5);
  expect(spread?.late).toBeGreaterThan(5);
});
