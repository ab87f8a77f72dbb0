import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";
import { makeCertificate } from "../../test/certificate.ts";
import { createRepository, type GitServer, startGitServer } from "../../test/git-server.ts";
import { openTestWorkspace } from "../../test/workspace.ts";
import { BuildFailure } from "../build-failure.ts";
import { GitUrl } from "../git-url.ts";
import type { GitCredential } from "../ports.ts";
import { checkTransport } from "./git-credential.ts";
import { fetchRepository } from "./git-source.ts";

setDefaultTimeout(60_000);

const TOKEN = "canary-token-58f2";
const never = new AbortController().signal;
let dir = "";
let tls: { cert: string; key: string };
let server: GitServer;
let other: GitServer;
let commit = "";
let sentTo: { server: string; authorization: string | null }[] = [];

const note = (name: string) => (request: Request) => {
  sentTo.push({ server: name, authorization: request.headers.get("authorization") });
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-git-"));
  tls = await makeCertificate();
  const shop = await createRepository(dir, "shop.git");
  commit = await shop.commit({ "a.txt": "one" }, "First");
  await shop.push();
  await createRepository(dir, "secret.git"); // of the other server
  other = await startGitServer(dir, {
    tls,
    users: { "secret.git": `x-access-token:${TOKEN}` },
    onRequest: note("other"),
  });
  server = await startGitServer(dir, {
    tls,
    users: { "shop.git": `x-access-token:${TOKEN}`, "named.git": `ada:${TOKEN}` },
    moved: { "old.git": "shop.git", "away.git": `${other.url}/shop.git`, "away-secret.git": `${other.url}/secret.git` },
    onRequest: note("server"),
  });
});
afterAll(async () => {
  await server.stop();
  await other.stop();
  await rm(dir, { recursive: true, force: true });
});

const tokenOf = (token: string, username: string | null = null): GitCredential => ({
  kind: "token",
  username,
  token: new Secret(token),
});

const fetch = async (url: string, credential: GitCredential | null, certificates = tls.cert) => {
  sentTo = [];
  const workspace = await openTestWorkspace();
  const { sandbox, jobDir, log } = workspace;
  const limits = { maxRepositoryBytes: 1e8, maxEntries: 10_000, fetchTimeoutMs: 30_000 };
  const egress = { allowPrivateHosts: true, certificates };
  const commands: string[] = [];
  const watched: typeof sandbox = {
    ...sandbox,
    command(argv, options) {
      const started = sandbox.command(argv, options);
      commands.push(JSON.stringify([started.argv, started.env, started.cwd]));
      return started;
    },
  };
  try {
    const revision = await fetchRepository(
      { url },
      { sandbox: watched, jobDir, limits, egress, credential, log },
      never,
    );
    return { ...workspace, revision, commands };
  } catch (err) {
    await workspace.remove();
    throw err;
  }
};

const failureOf = async (work: Promise<unknown>) => {
  const err = await work.catch((thrown: unknown) => thrown);
  if (!(err instanceof BuildFailure)) throw new Error(`no failure: ${String(err)}`);
  return err.reason;
};

const header = `Basic ${btoa(`x-access-token:${TOKEN}`)}`;

test("a private repository is fetched over https with a token", async () => {
  const { revision, remove, jobDir } = await fetch(`${server.url}/shop.git`, tokenOf(TOKEN));
  expect(revision).toMatchObject({ commit, branch: "main" });
  expect(existsSync(join(jobDir, "git-access"))).toBe(false);
  await remove();
});

test("the token is in no argument, no environment, no log, and not in what the build gets", async () => {
  const { commands, memory, remove, jobDir } = await fetch(`${server.url}/shop.git`, tokenOf(TOKEN));
  expect(commands.length).toBeGreaterThan(3);
  const left = readdirSync(jobDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  const everything = JSON.stringify([commands, memory.lines, left]);
  for (const form of [TOKEN, header.slice("Basic ".length), btoa(TOKEN).replaceAll("=", "")]) {
    expect(everything).not.toContain(form);
  }
  await remove();
});

test("a server that wants a certain user name gets it", async () => {
  await (await createRepository(dir, "named.git")).push().catch(() => undefined);
  const reason = await failureOf(fetch(`${server.url}/named.git`, tokenOf(TOKEN, "ada")));
  expect(reason.code).toBe("ref_not_found"); // let in, and it is empty
});

test("a repository that moved on its server is followed with the token", async () => {
  const { revision, remove } = await fetch(`${server.url}/old.git`, tokenOf(TOKEN));
  expect(revision.commit).toBe(commit);
  await remove();
});

test("a token is not sent to another server, wherever the first one sends us", async () => {
  const { revision, remove } = await fetch(`${server.url}/away.git`, tokenOf(TOKEN));
  expect(revision.commit).toBe(commit); // public there
  expect(sentTo.filter((request) => request.server === "server").map(({ authorization }) => authorization)).toEqual([
    header,
  ]);
  const there = sentTo.filter((request) => request.server === "other");
  expect(there.length).toBeGreaterThan(1);
  expect(there.every(({ authorization }) => authorization === null)).toBe(true);
  await remove();
});

test("where the other server asks who is there, the failure says why nobody answered", async () => {
  const reason = await failureOf(fetch(`${server.url}/away-secret.git`, tokenOf(TOKEN)));
  expect(reason).toMatchObject({ code: "repository_private" });
  expect(reason.message).toMatch(/has moved to localhost.*only sent to the server it was given for/);
});

test("a token that is not let in is told apart from none", async () => {
  const wrong = await failureOf(fetch(`${server.url}/shop.git`, tokenOf("wrong")));
  expect([wrong.code, wrong.message]).toEqual(["credential_refused", expect.stringMatching(/this token/)]);
  const none = await failureOf(fetch(`${server.url}/shop.git`, null));
  expect([none.code, none.message]).toEqual(["repository_private", expect.stringMatching(/deploy key or a token/)]);
});

test("a server with a certificate of nobody we know gets no token", async () => {
  const reason = await failureOf(fetch(`${server.url}/shop.git`, tokenOf(TOKEN), ""));
  expect([reason.code, reason.message]).toEqual(["repository_unreachable", expect.stringMatching(/certificate/)]);
  expect(sentTo).toEqual([]);
});

const transports = [
  { url: "http://forge.example/a.git", addresses: ["93.184.216.34"], refused: true },
  { url: "http://forge.example/a.git", addresses: ["10.0.0.1", "93.184.216.34"], refused: true },
  { url: "http://forge.example/a.git", addresses: ["10.0.0.1"], refused: false },
  { url: "https://forge.example/a.git", addresses: ["93.184.216.34"], refused: false },
];
for (const { url, addresses, refused } of transports) {
  test(`a token ${refused ? "does not travel" : "may travel"} to ${addresses.join(" and ")} over ${url.split(":")[0]}`, () => {
    const check = () => checkTransport(GitUrl.parse(url), addresses, tokenOf(TOKEN));
    if (refused) expect(check).toThrow(/plain text/);
    else check();
  });
}
