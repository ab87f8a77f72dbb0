import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { makeSshKey } from "../src/ssh-key.ts";
import { startWorld, type World } from "./world.ts";

setDefaultTimeout(30_000);

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

const SSH = { kind: "git", url: "git@git.example.com:shop/api.git" };
const HTTPS = { kind: "git", url: "https://git.example.com/shop/api.git" };
const HOST_KEY = `git.example.com ${makeSshKey("").publicKey.trim()}`;
const LISTED = {
  state: "succeeded" as const,
  result: {
    refs: [
      { name: "refs/heads/main", commit: "a".repeat(40) },
      { name: "refs/heads/feature/x", commit: "b".repeat(40) },
      { name: "refs/tags/v1", commit: "c".repeat(40) },
    ],
    defaultBranch: "main",
    isTruncated: false,
  },
};

test("a deploy key goes with builds, sealed until then, and nobody reads its private half", async () => {
  const { path } = await world.newService({ source: SSH });
  const made = await world.post(`${path}/deploy-key`);
  expect(made).toMatchObject({ status: 201, body: { server: "ssh://git.example.com", hostKey: null } });
  expect(made.body.publicKey).toMatch(/^ssh-ed25519 AAAA\S+ homeport-shop\d+-api$/);
  const { id } = await world.deploy(path);
  await world.untilJob(id);
  const git = world.secrets.get(id)?.git;
  expect(git).toEqual({ kind: "ssh", privateKey: expect.stringMatching(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/) });
  const secret = git?.kind === "ssh" ? git.privateKey.split("\n")[3] : undefined;
  const seen = JSON.stringify([
    (await world.get(`${path}/git-credentials`)).body,
    await world.database.admin`select encode(secret_sealed, 'escape') from deployments.git_credentials`,
    await world.database.admin`select data::text, actor::text from platform.events`,
    await world.database.admin`select content::text from platform.audit_entries`,
  ]);
  expect(secret).toBeString();
  expect(seen).not.toContain(secret as string);
});

test("the first key that the server shows is believed, shown, sent with the next job, and forgotten when somebody says so", async () => {
  const { path } = await world.newService({ source: SSH });
  await world.post(`${path}/deploy-key`);
  const { id } = await world.deploy(path);
  await world.untilJob(id);
  await world.emit("ci", "ci.job.succeeded", world.succeedBuild(id, { hostKey: HOST_KEY }).id);
  await world.untilState(path, id, "rolling_out");
  const { deployKey } = (await world.get(`${path}/git-credentials`)).body;
  expect(deployKey.hostKey).toEqual({ line: HOST_KEY, fingerprint: expect.stringMatching(/^SHA256:/) });
  world.answerListing({ ...LISTED, result: { ...LISTED.result, hostKey: HOST_KEY.replace("AAAA", "BBBB") } });
  await world.get(`${path}/branches`);
  expect(world.questions.at(-1)?.secrets?.git).toMatchObject({ kind: "ssh", knownHosts: HOST_KEY });
  expect((await world.get(`${path}/git-credentials`)).body.deployKey.hostKey.line).toBe(HOST_KEY);
  expect((await world.remove(`${path}/deploy-key/host-key`)).body).toEqual({ removed: true });
  expect((await world.get(`${path}/git-credentials`)).body.deployKey.hostKey).toBeNull();
});

test("a key that is there stays, unless it is to be replaced", async () => {
  const { path } = await world.newService({ source: SSH });
  const first = await world.post(`${path}/deploy-key`);
  expect((await world.post(`${path}/deploy-key`)).status).toBe(409);
  const second = await world.post(`${path}/deploy-key`, { replace: true });
  expect(second.body.publicKey).not.toBe(first.body.publicKey);
  expect((await world.remove(`${path}/deploy-key`)).body).toEqual({ removed: true });
  expect((await world.get(`${path}/git-credentials`)).body).toEqual({ deployKey: null, gitToken: null });
});

test("a token is written, used and never told", async () => {
  const { path } = await world.newService({ source: HTTPS });
  const set = await world.put(`${path}/git-token`, { username: "deploy", token: "glpat-s3cr3t" });
  expect(set.body).toMatchObject({ username: "deploy", server: "https://git.example.com" });
  const { id } = await world.deploy(path);
  await world.untilJob(id);
  expect(world.secrets.get(id)?.git).toEqual({ kind: "token", username: "deploy", token: "glpat-s3cr3t" });
  expect(JSON.stringify([set.body, (await world.get(`${path}/git-credentials`)).body])).not.toContain("s3cr3t");
  expect((await world.remove(`${path}/git-token`)).body).toEqual({ removed: true });
  expect((await world.remove(`${path}/git-token`)).body).toEqual({ removed: false });
});

test("a key is for ssh, a token for https, and neither for a service that is made from nothing of the kind", async () => {
  const [ssh, https, upload] = [
    await world.newService({ source: SSH }),
    await world.newService({ source: HTTPS }),
    await world.newService({ source: { kind: "upload" } }),
  ];
  const answers = [
    await world.post(`${https.path}/deploy-key`),
    await world.put(`${ssh.path}/git-token`, { token: "x" }),
    await world.post(`${upload.path}/deploy-key`),
    await world.get(`${upload.path}/branches`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  expect(answers[0]?.body.detail).toContain("reached over https");
});

const moves: { name: string; to: string; kept: boolean }[] = [
  { name: "another repository of the server", to: "https://git.example.com/shop/web.git", kept: true },
  { name: "another host", to: "https://evil.example.com/shop/api.git", kept: false },
  { name: "another port", to: "https://git.example.com:8443/shop/api.git", kept: false },
  { name: "no encryption", to: "http://git.example.com/shop/api.git", kept: false },
];
for (const { name, to, kept } of moves) {
  test(`a service whose address becomes ${name} ${kept ? "keeps" : "loses"} its token, and so it stays when it goes back`, async () => {
    const { path } = await world.newService({ source: HTTPS });
    await world.put(`${path}/git-token`, { token: "t0ken" });
    await world.patch(path, { source: { kind: "git", url: to } });
    const { id } = await world.deploy(path);
    await world.untilJob(id);
    expect(world.secrets.get(id)?.git?.kind).toBe(kept ? "token" : undefined);
    await world.patch(path, { source: HTTPS });
    expect((await world.get(`${path}/git-credentials`)).body.gitToken === null).toBe(!kept);
  });
}

test("a build that was queued before the address changed gets no credential of the new server", async () => {
  const { path } = await world.newService({ source: HTTPS });
  const first = await world.deploy(path); // holds the slot
  await world.untilJob(first.id);
  const waiting = await world.deploy(path);
  await world.patch(path, { source: { kind: "git", url: "https://other.example.com/a.git" } });
  await world.put(`${path}/git-token`, { token: "t0ken" });
  await world.emit("ci", "ci.job.failed", world.failBuild(first.id).id);
  await world.untilJob(waiting.id);
  expect(world.jobOf(waiting.id).spec.source).toMatchObject({ url: HTTPS.url });
  expect(world.secrets.get(waiting.id)?.git).toBeUndefined();
});

test("branches are told as the server has them; a refusal in its words, silence as that", async () => {
  const { path } = await world.newService({ source: HTTPS });
  world.answerListing(LISTED);
  expect((await world.get(`${path}/branches`)).body).toEqual({
    items: [
      { name: "main", commit: "a".repeat(40) },
      { name: "feature/x", commit: "b".repeat(40) },
    ],
    defaultBranch: "main",
    isTruncated: false,
  });
  world.answerListing({ state: "failed", reason: { code: "denied", message: "The server wants a password." } });
  const refused = await world.get(`${path}/branches`);
  expect([refused.status, refused.body.detail]).toEqual([422, "The server wants a password."]);
});

test("a check says whether the repository can be read, with what, and what to do", async () => {
  const { path } = await world.newService({ source: HTTPS });
  const check = async (body = {}) => (await world.post(`${path}/source/check`, body)).body;
  world.answerListing(LISTED);
  expect(await check()).toEqual({
    readable: true,
    credential: "none",
    message: "The repository can be read by everybody, without a credential.",
    defaultBranch: "main",
    branchCount: 2,
  });
  expect((await check({ ref: "nowhere" })).message).toContain("no branch or tag nowhere");
  expect((await check({ ref: "v1" })).message).not.toContain("no branch");
  world.answerListing({ state: "failed", reason: { code: "denied", message: "The server wants a password." } });
  expect(await check()).toMatchObject({ readable: false, message: expect.stringContaining("set a git token") });
  await world.put(`${path}/git-token`, { token: "t0ken" });
  expect(await check()).toMatchObject({ readable: false, credential: "git-token" });
});

test("who looks sees public halves; who deploys sees branches; who edits makes keys", async () => {
  const { path } = await world.newService({ source: SSH });
  world.answerListing(LISTED);
  const statuses = async (role: "viewer" | "deployer" | "developer") => {
    const headers = world.home.headers(role);
    return [
      (await world.get(`${path}/git-credentials`, headers)).status,
      (await world.get(`${path}/branches`, headers)).status,
      (await world.post(`${path}/deploy-key`, { replace: true }, headers)).status,
    ];
  };
  expect(await statuses("viewer")).toEqual([200, 403, 403]);
  expect(await statuses("deployer")).toEqual([200, 200, 403]);
  expect(await statuses("developer")).toEqual([200, 200, 201]);
});

test("a branch or a commit is deployed by hand, and only of a service that is made from git", async () => {
  const { path } = await world.newService({ source: HTTPS });
  const commit = "d".repeat(40);
  const { id, commit: told } = await world.deploy(path, { ref: "next", commit });
  expect(told).toBe(commit);
  await world.untilJob(id);
  expect(world.jobOf(id).spec.source).toEqual({ kind: "git", url: HTTPS.url, ref: "next", commit });
  const again = await world.post(`${path}/deployments/${id}/redeploy`);
  expect(again).toMatchObject({ status: 202, body: { commit, cause: "build" } });
  const upload = await world.newService({ source: { kind: "upload" } });
  expect((await world.post(`${upload.path}/deployments`, { commit })).status).toBe(400);
});
