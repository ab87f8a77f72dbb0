import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, type GitServer, startGitServer, type TestRepository } from "../../test/git-server.ts";
import { openTestWorkspace } from "../../test/workspace.ts";
import { BuildFailure } from "../build-failure.ts";
import { fetchRepository, type GitSource } from "./git-source.ts";

setDefaultTimeout(60_000);

let dir = "";
let server: GitServer;
let shop: TestRepository;
let first = "";
let second = "";
const never = new AbortController().signal;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-git-"));
  shop = await createRepository(dir, "shop.git");
  first = await shop.commit({ "a.txt": "one", "sub/b.txt": "b" }, "First");
  await shop.git("tag", "v1");
  second = await shop.commit({ "a.txt": "two" }, "Second\n\nbody");
  await shop.git("branch", "feature/x");
  await shop.git("tag", "both", first);
  await shop.git("branch", "both", second);
  await shop.push();
  await createRepository(dir, "empty.git");
  server = await startGitServer(dir, {
    private: ["secret.git"],
    moved: { "old.git": "shop.git", "loop.git": "loop.git" },
  });
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

type Changes = { allowPrivateHosts?: boolean; maxRepositoryBytes?: number };

const fetch = (path: string, ref?: string, changes: Changes = {}) =>
  fetchSource({ url: path.includes(":") ? path : `${server.url}/${path}`, ref }, changes);

const fetchSource = async (source: GitSource, changes: Changes = {}) => {
  const workspace = await openTestWorkspace();
  const limits = { maxRepositoryBytes: changes.maxRepositoryBytes ?? 1e8, maxEntries: 10_000, fetchTimeoutMs: 30_000 };
  const egress = { allowPrivateHosts: changes.allowPrivateHosts ?? true };
  const { sandbox, jobDir, log } = workspace;
  try {
    const revision = await fetchRepository(source, { sandbox, jobDir, limits, egress, log }, never);
    return { ...workspace, revision, read: (name: string) => Bun.file(join(jobDir, "app", name)).text() };
  } catch (err) {
    await workspace.remove();
    throw err;
  }
};

const failureOf = async (work: Promise<unknown>) => {
  const err = await work.catch((thrown: unknown) => thrown);
  expect(err).toBeInstanceOf(BuildFailure);
  return (err as BuildFailure).reason;
};

const refs: { name: string; ref: () => string | undefined; text: string; commit: () => string }[] = [
  { name: "the default branch", ref: () => undefined, text: "two", commit: () => second },
  { name: "a branch with a slash", ref: () => "feature/x", text: "two", commit: () => second },
  { name: "a tag", ref: () => "v1", text: "one", commit: () => first },
  { name: "a branch before a tag of its name", ref: () => "both", text: "two", commit: () => second },
  { name: "a tag by its full name", ref: () => "refs/tags/both", text: "one", commit: () => first },
  { name: "a commit that is no tip", ref: () => first, text: "one", commit: () => first },
  { name: "a shortened commit", ref: () => first.slice(0, 8), text: "one", commit: () => first },
];
for (const { name, ref, text, commit } of refs) {
  test(`fetches ${name}`, async () => {
    const { revision, read, remove } = await fetch("shop.git", ref());
    expect(revision.commit).toBe(commit());
    expect(revision.commitMessage).toBe(text === "one" ? "First" : "Second");
    expect(await read("a.txt")).toBe(text);
    expect(await read("sub/b.txt")).toBe("b");
    await remove();
  });
}

test("leaves no .git folder, and says what it did", async () => {
  const { jobDir, memory, remove, texts } = await fetch("shop.git");
  expect((await readdir(join(jobDir, "app"))).sort()).toEqual(["a.txt", "sub"]);
  await remove();
  expect(texts()[0]).toStartWith("==> Fetching http://127.0.0.1");
  expect(texts().at(-1)).toBe(`At commit ${second.slice(0, 12)} Second`);
  expect(memory.lines.length).toBeGreaterThan(2); // and git's own progress between
});

test("follows a repository that has moved", async () => {
  const { read, remove } = await fetch("old.git");
  expect(await read("a.txt")).toBe("two");
  await remove();
});

test("exactly the commit is fetched, wherever its branch has gone by now", async () => {
  const moving = await createRepository(dir, "moving.git");
  const wanted = await moving.commit({ "a.txt": "checked" }, "Checked");
  await moving.push();
  await moving.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "Pushed over it");
  const now = await moving.git("rev-parse", "HEAD");
  await moving.push(); // by force: no branch leads to the first one any more
  const url = `${server.url}/moving.git`;
  const built = await fetchSource({ url, ref: "main", commit: wanted });
  expect(built.revision).toMatchObject({ commit: wanted, commitMessage: "Checked", branch: "main" });
  await built.remove();
  const tip = await fetchSource({ url, ref: "main" });
  expect(tip.revision.commit).toBe(now);
  await tip.remove();
});

const described: { name: string; source: () => { ref?: string; commit?: string }; branch: string | undefined }[] = [
  { name: "the default branch", source: () => ({}), branch: "main" },
  { name: "a branch", source: () => ({ ref: "feature/x" }), branch: "feature/x" },
  { name: "a branch by its full name", source: () => ({ ref: "refs/heads/main" }), branch: "main" },
  { name: "a tag", source: () => ({ ref: "v1" }), branch: undefined },
  { name: "a commit", source: () => ({ ref: first }), branch: undefined },
  { name: "a commit alone", source: () => ({ commit: first }), branch: undefined },
  { name: "a commit of a branch that is gone", source: () => ({ ref: "gone", commit: first }), branch: undefined },
];
for (const { name, source, branch } of described) {
  test(`of ${name} the author is told, and ${branch === undefined ? "no branch" : "the branch"}`, async () => {
    const { revision, remove } = await fetchSource({ url: `${server.url}/shop.git`, ...source() });
    expect(revision.author).toBe("Ada");
    expect(revision.branch).toBe(branch as string);
    await remove();
  });
}

test("the id of a tag is not the id of a commit", async () => {
  await shop.git("tag", "--annotate", "--message=Second", "annotated", first);
  await shop.push();
  const tag = await shop.git("rev-parse", "annotated");
  const reason = await failureOf(fetchSource({ url: `${server.url}/shop.git`, commit: tag }));
  expect(reason.code).toBe("ref_not_found");
});

const failures: { name: string; work: () => Promise<unknown>; code: string; says: RegExp }[] = [
  {
    name: "a private repository",
    work: () => fetch("secret.git"),
    code: "repository_private",
    says: /private or does not exist.*deploy key or a token/,
  },
  {
    name: "a repository that does not exist",
    work: () => fetch("nope.git"),
    code: "repository_private",
    says: /private or does not exist/,
  },
  { name: "an unknown branch", work: () => fetch("shop.git", "nope"), code: "ref_not_found", says: /named nope/ },
  { name: "an unknown commit", work: () => fetch("shop.git", "0".repeat(40)), code: "ref_not_found", says: /0000/ },
  { name: "an unknown short commit", work: () => fetch("shop.git", "0123456"), code: "ref_not_found", says: /0123456/ },
  { name: "an empty repository", work: () => fetch("empty.git"), code: "ref_not_found", says: /is empty/ },
  {
    name: "a server that is not there",
    work: () => fetch("http://127.0.0.1:1/a.git"),
    code: "repository_unreachable",
    says: /refuses connections/,
  },
  {
    name: "a name without a server",
    work: () => fetch("https://no-such-host.invalid/a.git"),
    code: "repository_unreachable",
    says: /no-such-host\.invalid/,
  },
  {
    name: "redirects without an end",
    work: () => fetch("loop.git"),
    code: "repository_unreachable",
    says: /never to a repository/,
  },
  {
    name: "a private address that is not allowed",
    work: () => fetch("shop.git", undefined, { allowPrivateHosts: false }),
    code: "repository_unreachable",
    says: /private network/,
  },
  {
    name: "a metadata service",
    work: () => fetch("http://169.254.169.254/a.git"),
    code: "repository_unreachable",
    says: /not an address/,
  },
  {
    name: "an ssh address",
    work: () => fetch("git@example.com:a/b.git"),
    code: "repository_private",
    says: /ssh need a deploy key/,
  },
  { name: "a remote helper", work: () => fetch("ext::sh%20-c%20id"), code: "source_invalid", says: /https:/ },
  {
    name: "an option as a branch",
    work: () => fetch("shop.git", "--upload-pack=id"),
    code: "source_invalid",
    says: /not the name of a branch/,
  },
];
for (const { name, work, code, says } of failures) {
  test(`${name} is ${code}`, async () => {
    const reason = await failureOf(work());
    expect(reason.code).toBe(code as typeof reason.code);
    expect(reason.message).toMatch(says);
  });
}

test("a web page is no repository", async () => {
  const page = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response("<p>Hi", { headers: { "content-type": "text/html" } }),
  });
  const reason = await failureOf(fetch(`http://127.0.0.1:${page.port}/a`));
  expect(reason.message).toContain("web page");
  await page.stop(true);
});

test("a redirect to a forbidden address is not followed", async () => {
  const evil = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => Response.redirect("http://169.254.169.254/a.git/info/refs?service=git-upload-pack", 302),
  });
  const reason = await failureOf(fetch(`http://127.0.0.1:${evil.port}/a.git`));
  expect(reason).toMatchObject({ code: "repository_unreachable" });
  expect(reason.message).toContain("169.254.169.254");
  await evil.stop(true);
});

test("a repository that is too large is given up", async () => {
  const large = await createRepository(dir, "large.git");
  await large.commit({ "noise.bin": Array.from({ length: 60_000 }, () => Math.random().toString(36)).join("") });
  await large.push();
  const reason = await failureOf(fetch("large.git", undefined, { maxRepositoryBytes: 200_000 }));
  expect(reason.code).toBe("repository_too_large");
});

test("hooks, submodules and links of a repository do nothing", async () => {
  const evil = await createRepository(dir, "evil.git");
  await evil.commit({
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = file:///etc\n',
    "hooks/post-checkout": "#!/bin/sh\ntouch /tmp/homeport-canary\n",
    ".gitattributes": "* filter=evil\n",
  });
  await symlink("/etc/passwd", join(dir, ".work-evil.git/link"));
  await evil.git("add", "link");
  await evil.git("commit", "--quiet", "-m", "Link");
  await evil.push();
  const { jobDir, remove } = await fetch("evil.git");
  expect((await readdir(join(jobDir, "app"))).sort()).toEqual([".gitattributes", ".gitmodules", "hooks", "link"]);
  expect(existsSync(join(tmpdir(), "homeport-canary"))).toBe(false);
  await remove();
});
