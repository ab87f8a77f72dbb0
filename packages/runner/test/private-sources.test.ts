import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Secret } from "@homeport/kit/secret.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import type { GitCredential } from "../src/ports.ts";
import { createRepository } from "./git-server.ts";
import { processesWith } from "./processes.ts";
import { readImage, startRegistry, type TestRegistry } from "./registry.ts";
import { startTestRunner, type TestRunner } from "./runner.ts";
import { type SshServer, startSshServer } from "./ssh-server.ts";

setDefaultTimeout(120_000);

const CANARY = "canary-3c9e";
let dir = "";
let registry: TestRegistry;
let server: SshServer;
let runner: TestRunner;
let url = "";
let commit = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-private-"));
  registry = await startRegistry();
  server = await startSshServer();
  const shop = await createRepository(dir, "shop.git");
  commit = await shop.commit({ "index.html": "<h1>Shop" });
  await shop.push();
  url = server.urlOf(join(dir, "shop.git"));
  runner = await startTestRunner({ registry: registry.host });
});
afterAll(async () => {
  await runner.stop();
  await server.stop();
  await registry.stop();
  await rm(dir, { recursive: true, force: true });
});

const deployKey = (): GitCredential => ({ kind: "ssh", privateKey: new Secret(server.privateKey), knownHosts: null });

const valuesOf = (values: Record<string, string>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, new Secret(value)] as const));

test("a private repository is built with its deploy key; the result says what was built and from whom", async () => {
  const outcome = await runner.build({ source: { kind: "git", url } }, { git: deployKey() });
  expect(outcome).toMatchObject({
    state: "succeeded",
    result: { commit, branch: "main", author: "Ada", hostKey: server.knownHosts },
  });
  await waitFor(() => runner.foldersOf().length === 0);
});

test("a build step sees no key, and none of what git was let in with", async () => {
  const look = `ls -a / /app /home/build /tmp; env; cat /shown/* || echo nothing is shown`;
  const before = runner.texts().length;
  const outcome = await runner.build(
    { source: { kind: "git", url }, preset: "static", buildCommand: `${look}; mkdir dist` },
    { git: deployKey() },
  );
  expect(outcome.state).toBe("succeeded");
  const texts = runner.texts().slice(before).join("\n");
  expect(texts).toContain("nothing is shown");
  expect(texts).not.toMatch(/git-access|GIT_SSH|ssh_config|PRIVATE KEY/);
});

test("secrets of a build are variables of its steps, masked in the log, and in no file of the image", async () => {
  const multiline = `first ${CANARY}\nsecond ${CANARY}`;
  const before = runner.texts().length;
  const outcome = await runner.build(
    {
      source: { kind: "git", url },
      preset: "static",
      buildCommand:
        'mkdir dist; echo "one $TOKEN two"; echo "$LINES"; printf %s "$TOKEN" | base64; printf %s "$TOKEN" | wc -c > dist/length',
    },
    { git: deployKey(), build: valuesOf({ TOKEN: `${CANARY}/+"quoted"`, LINES: multiline }) },
  );
  if (outcome.state !== "succeeded") throw new Error(JSON.stringify(outcome));
  const texts = runner.texts().slice(before);
  expect(texts).toContain("one *** two");
  expect(texts.filter((text) => text === "***")).toHaveLength(3); // two lines, and the one in base64
  const { layer, config } = await readImage(registry.host, "home/shop/api", outcome.result.digest);
  const files = gunzipSync(await layer()).toString("latin1");
  expect(files).toContain(String(`${CANARY}/+"quoted"`.length)); // the step did have it
  expect(`${files}${JSON.stringify(config)}${texts.join("\n")}`).not.toContain(CANARY);
});

test("what a build fails with is masked as its log is", async () => {
  const outcome = await runner.build(
    { source: { kind: "git", url }, preset: "static", buildCommand: 'echo "the token is $TOKEN"; exit 3' },
    { git: deployKey(), build: valuesOf({ TOKEN: CANARY }) },
  );
  expect(outcome).toMatchObject({ state: "failed", reason: { code: "build_failed", lastLines: ["the token is ***"] } });
});

test("branches are listed while a build is under way", async () => {
  const marker = `marker-${crypto.randomUUID()}`;
  const command = `echo ${marker}; while :; do sleep 1; done`;
  const build = runner.enqueue(
    { source: { kind: "git", url }, preset: "static", buildCommand: command },
    { git: deployKey() },
  );
  await waitFor(() => runner.texts().includes(marker) && processesWith(marker).length > 0, { timeoutMs: 30_000 });
  const listed = await runner.listRefs({ source: { kind: "git", url } }, deployKey());
  expect(listed).toMatchObject({
    state: "succeeded",
    result: { refs: [{ name: "refs/heads/main", commit }], defaultBranch: "main", hostKey: server.knownHosts },
  });
  runner.cancelled.add(build.id);
  await runner.outcomeOf(build);
  await waitFor(() => runner.foldersOf().length === 0);
});

test("a key that is not let in is the reason of a listing, which keeps no folder", async () => {
  const listed = await runner.listRefs({ source: { kind: "git", url } }, {
    ...deployKey(),
    knownHosts: "a ssh-rsa A",
  } as GitCredential);
  expect(listed).toMatchObject({ state: "failed", reason: { code: "host_key_refused" }, retry: false });
  await waitFor(() => runner.foldersOf().length === 0);
});

test("a listing of a server that does not answer ends when it is cancelled", async () => {
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { job, outcome } = runner.startListing({
    source: { kind: "git", url: `http://127.0.0.1:${silent.port}/a.git` },
  });
  await waitFor(() => (runner.beats.get(job.id) ?? 0) > 0);
  runner.cancelled.add(job.id);
  expect(await outcome).toMatchObject({ state: "failed", reason: { code: "cancelled" } });
  silent.stop(true);
});
