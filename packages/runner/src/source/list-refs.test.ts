import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, type GitServer, startGitServer, type TestRepository } from "../../test/git-server.ts";
import { openTestWorkspace } from "../../test/workspace.ts";
import { BuildFailure } from "../build-failure.ts";
import { ListRefsResult, MAX_REFS } from "../build-spec.ts";
import { collectRefs, listRefs } from "./list-refs.ts";

setDefaultTimeout(60_000);

let dir = "";
let server: GitServer;
let shop: TestRepository;
let first = "";
let second = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-git-"));
  shop = await createRepository(dir, "shop.git");
  first = await shop.commit({ "a.txt": "one" }, "First");
  await shop.git("tag", "v1");
  await shop.git("tag", "--annotate", "--message=Second", "v2");
  second = await shop.commit({ "a.txt": "two" }, "Second");
  await shop.git("branch", "feature/ünï");
  await shop.git("branch", "both", first);
  await shop.git("tag", "both", second);
  await shop.push();
  await shop.git("push", "--quiet", join(dir, "shop.git"), "HEAD:refs/pull/1/head");
  await createRepository(dir, "empty.git");
  server = await startGitServer(dir, { private: ["secret.git"] });
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const list = async (name: string, patterns?: string[], timeoutMs = 30_000) => {
  const { sandbox, jobDir, remove } = await openTestWorkspace();
  const source = { kind: "git" as const, url: name.includes("://") ? name : `${server.url}/${name}` };
  const options = { sandbox, jobDir, egress: { allowPrivateHosts: true }, credential: null, timeoutMs };
  try {
    const spec = { organisationId: crypto.randomUUID(), source, ...(patterns === undefined ? {} : { patterns }) };
    const result = await listRefs(spec, { ...options, onMessage: () => {} }, new AbortController().signal);
    expect(await readdir(join(jobDir, "app"))).toEqual([]);
    return result;
  } finally {
    await remove();
  }
};

test("branches and tags come by name, tags as their commits, and nothing else that the server has", async () => {
  expect(await list("shop.git")).toEqual({
    refs: [
      { name: "refs/heads/both", commit: first },
      { name: "refs/heads/feature/ünï", commit: second },
      { name: "refs/heads/main", commit: second },
      { name: "refs/tags/both", commit: second },
      { name: "refs/tags/v1", commit: first },
      { name: "refs/tags/v2", commit: first },
    ],
    defaultBranch: "main",
    isTruncated: false,
  });
});

const patterns: { patterns: string[]; names: string[] }[] = [
  { patterns: ["main"], names: ["refs/heads/main"] },
  { patterns: ["refs/tags/v*"], names: ["refs/tags/v1", "refs/tags/v2"] },
  { patterns: ["both", "refs/tags/v1"], names: ["refs/heads/both", "refs/tags/both", "refs/tags/v1"] },
  { patterns: ["refs/pull/*"], names: [] },
  { patterns: ["nope"], names: [] },
];
for (const { patterns: wanted, names } of patterns) {
  test(`of ${wanted.join(" and ")} there is ${names.join(", ") || "nothing"}, and the default branch all the same`, async () => {
    const { refs, defaultBranch } = await list("shop.git", wanted);
    expect(refs.map(({ name }) => name)).toEqual(names);
    expect(defaultBranch).toBe("main");
  });
}

test("an empty repository has neither", async () => {
  expect(await list("empty.git")).toEqual({ refs: [], defaultBranch: null, isTruncated: false });
});

test("a private repository says so", async () => {
  const err = await list("secret.git").catch((thrown: unknown) => thrown);
  expect(err).toBeInstanceOf(BuildFailure);
  expect((err as BuildFailure).reason.code).toBe("repository_private");
});

test("a server that never answers is given up", async () => {
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const err = await list(`http://127.0.0.1:${silent.port}/a.git`, undefined, 500).catch((thrown: unknown) => thrown);
  expect((err as BuildFailure).reason).toMatchObject({ code: "repository_unreachable" });
  silent.stop(true);
});

const id = "ab".repeat(20);

test("a listing ends at what a report has room for, and says so", () => {
  const many = collectRefs();
  for (let n = 0; n <= MAX_REFS; n++) many.take(`${id}\trefs/heads/b${n}`);
  expect([many.result().refs.length, many.result().isTruncated]).toEqual([MAX_REFS, true]);
  const long = collectRefs();
  for (let n = 0; n < MAX_REFS; n++) long.take(`${id}\trefs/heads/${String(n).padStart(200, '"')}`);
  const result = { ...long.result(), defaultBranch: null };
  expect(result.isTruncated).toBe(true);
  const report = { jobId: id, leaseToken: id, kind: "list_refs", result: { ...result, hostKey: "x".repeat(8192) } };
  expect(ListRefsResult.safeParse(report.result).success).toBe(true);
  const bytes = Buffer.byteLength(JSON.stringify(report));
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(bytes).toBeLessThan(1024 * 1024);
});

test("what is no ref is left out", () => {
  const refs = collectRefs();
  const lines = [
    "",
    "warning: something",
    `${id} refs/heads/space`,
    `${id}\trefs/notes/x`,
    `${id}\tHEAD`,
    `${id}\trefs/heads/a b`,
    `${id}\trefs/heads/\u001b[31m`,
    `${id}\trefs/heads/${"x".repeat(300)}`,
    `zz${id}\trefs/heads/no-id`,
    `${id}\trefs/tags/alone^{}`,
  ];
  for (const line of lines) refs.take(line);
  expect(refs.result().refs).toEqual([{ name: "refs/tags/alone", commit: id }]);
});
