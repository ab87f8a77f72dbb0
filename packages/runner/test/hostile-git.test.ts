import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";
import { BuildFailure } from "../src/build-failure.ts";
import { GitRef } from "../src/git-ref.ts";
import { GitUrl } from "../src/git-url.ts";
import { fetchRepository, type GitSource } from "../src/source/git-source.ts";
import { REFS } from "./corpus/git/refs.ts";
import { REPOSITORIES } from "./corpus/git/repositories.ts";
import { URLS } from "./corpus/git/urls.ts";
import { createRepository, type GitServer, startGitServer } from "./git-server.ts";
import { makeKey } from "./ssh-server.ts";
import { openTestWorkspace } from "./workspace.ts";

setDefaultTimeout(120_000);

const never = new AbortController().signal;
const MAX_REPOSITORY_BYTES = 1_000_000_000;
const MAX_FILE_BYTES = 100_000_000;
let dir = "";
let server: GitServer;
let privateKey = "";
/** A folder outside of everything, with a file in it. */
let canary = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-hostile-"));
  canary = await mkdtemp(join(tmpdir(), "homeport-canary-"));
  await Bun.write(join(canary, "canary.txt"), "alive");
  const shop = await createRepository(dir, "shop.git");
  await shop.commit({ "a.txt": "one" });
  await shop.push();
  privateKey = (await makeKey(dir, "key")).privateKey;
  server = await startGitServer(dir);
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
  await rm(canary, { recursive: true, force: true });
});

const expectCanary = async (): Promise<void> => {
  expect(await readdir(canary)).toEqual(["canary.txt"]);
  expect(await Bun.file(join(canary, "canary.txt")).text()).toBe("alive");
  expect((await readdir(tmpdir())).filter((name) => name === "canary")).toEqual([]);
};

/** The names at the top of what was fetched, or what it was refused with. */
const fetch = async (source: GitSource, allowPrivateHosts = true, isSsh = false) => {
  const { sandbox, jobDir, log, remove } = await openTestWorkspace({ maxFileBytes: MAX_FILE_BYTES });
  const limits = { maxRepositoryBytes: MAX_REPOSITORY_BYTES, maxEntries: 200_000, fetchTimeoutMs: 60_000 };
  const credential = isSsh ? { kind: "ssh" as const, privateKey: new Secret(privateKey), knownHosts: null } : null;
  try {
    const options = { sandbox, jobDir, limits, egress: { allowPrivateHosts }, credential, log };
    await fetchRepository(source, options, never);
    return { files: (await readdir(join(jobDir, "app"))).sort() };
  } catch (err) {
    if (!(err instanceof BuildFailure)) throw err;
    return { code: err.reason.code, message: err.reason.message };
  } finally {
    await remove();
    await expectCanary();
  }
};

const shown = (text: string): string => JSON.stringify(text).slice(0, 60);

for (const { text, becomes } of REFS) {
  test(`the ref ${shown(text)} is ${becomes}`, async () => {
    expect(GitRef.safeParse(text).success).toBe(becomes === "looked for");
    const outcome = await fetch({ url: `${server.url}/shop.git`, ref: text });
    expect(outcome).toMatchObject({ code: becomes === "refused" ? "source_invalid" : "ref_not_found" });
  });
}

for (const { text, is } of URLS) {
  test(`the address ${shown(text)} is ${is}`, async () => {
    const parsed = GitUrl.safeParse(text);
    expect(parsed.success).toBe(is === "unreached");
    const outcome = await fetch({ url: text }, false, parsed.success && parsed.data.scheme === "ssh");
    expect(outcome).toMatchObject({ code: is === "unread" ? "source_invalid" : "repository_unreachable" });
    if (is === "unreached") expect(outcome.message).toMatch(/is an address of this machine|is not an address that/);
  });
}

for (const [index, { name, make, becomes }] of REPOSITORIES.entries()) {
  test(`a repository with ${name} is ${"code" in becomes ? "refused" : "fetched, and nothing else happens"}`, async () => {
    const repository = await createRepository(dir, `hostile-${index}.git`);
    await make(repository, join(dir, `.work-hostile-${index}.git`), canary);
    await repository.push();
    expect(await fetch({ url: `${server.url}/hostile-${index}.git` })).toMatchObject(becomes);
  });
}
