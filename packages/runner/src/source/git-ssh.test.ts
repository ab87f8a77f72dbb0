import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";
import { createRepository, type TestRepository } from "../../test/git-server.ts";
import { makeKey, type SshServer, startSshServer } from "../../test/ssh-server.ts";
import { openTestWorkspace } from "../../test/workspace.ts";
import { BuildFailure } from "../build-failure.ts";
import type { GitCredential } from "../ports.ts";
import { openPlainFolder } from "../sandbox/plain-folder.ts";
import { fetchRepository, type GitSource } from "./git-source.ts";
import { listRefs } from "./list-refs.ts";

setDefaultTimeout(60_000);

let dir = "";
let server: SshServer;
let shop: TestRepository;
let first = "";
let second = "";
const never = new AbortController().signal;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-git-"));
  shop = await createRepository(dir, "shop.git");
  first = await shop.commit({ "a.txt": "one" }, "First");
  second = await shop.commit({ "a.txt": "two" }, "Second");
  await shop.push();
  server = await startSshServer();
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const keyOf = (privateKey: string, knownHosts: string | null = null): GitCredential => ({
  kind: "ssh",
  privateKey: new Secret(privateKey),
  knownHosts,
});
const goodKey = (knownHosts: string | null = null) => keyOf(server.privateKey, knownHosts);
const urlOfShop = () => server.urlOf(join(dir, "shop.git"));

type Options = { allowPrivateHosts?: boolean; plain?: boolean };

const fetch = async (source: Partial<GitSource>, credential: GitCredential | null, options: Options = {}) => {
  const workspace = await openTestWorkspace();
  const { jobDir, log } = workspace;
  const sandbox = options.plain === true ? await openPlainFolder(jobDir) : workspace.sandbox;
  const limits = { maxRepositoryBytes: 1e8, maxEntries: 10_000, fetchTimeoutMs: 30_000 };
  const egress = { allowPrivateHosts: options.allowPrivateHosts ?? true };
  try {
    const wanted = { url: urlOfShop(), ...source };
    const revision = await fetchRepository(wanted, { sandbox, jobDir, limits, egress, credential, log }, never);
    return { ...workspace, revision, read: (name: string) => Bun.file(join(jobDir, "app", name)).text() };
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

for (const plain of [false, true]) {
  test(`a repository is fetched with a deploy key ${plain ? "without" : "in"} a sandbox, and the key is gone`, async () => {
    const { revision, read, remove, jobDir } = await fetch({}, goodKey(), { plain });
    expect(revision).toMatchObject({ commit: second, branch: "main", author: "Ada", commitMessage: "Second" });
    expect(await read("a.txt")).toBe("two");
    expect(await readdir(join(jobDir, "app"))).toEqual(["a.txt"]);
    expect(existsSync(join(jobDir, "git-access"))).toBe(false);
    await remove();
  });
}

test("while git works, the key is a file that only the build's user can read, and no program is told it", async () => {
  const workspace = await openTestWorkspace();
  const { sandbox, jobDir } = workspace;
  const seen: { mode: number; uid: number }[] = [];
  const key = server.privateKey.split("\n")[1] ?? "";
  await listRefs(
    { organisationId: crypto.randomUUID(), source: { kind: "git", url: urlOfShop() } },
    {
      // Looks whenever git is started.
      sandbox: {
        ...sandbox,
        command: (argv, options) => {
          const { mode, uid } = statSync(join(jobDir, "git-access/key"));
          seen.push({ mode: mode & 0o777, uid });
          const started = sandbox.command(argv, options);
          expect(JSON.stringify([started.argv, started.env])).not.toContain(key);
          return started;
        },
      },
      jobDir,
      egress: { allowPrivateHosts: true },
      credential: goodKey(),
      timeoutMs: 30_000,
      onMessage: () => {},
    },
    never,
  );
  const uid = sandbox.user?.uid ?? process.getuid?.() ?? 0;
  expect(seen).toEqual([
    { mode: 0o600, uid },
    { mode: 0o600, uid },
  ]);
  await workspace.remove();
});

test("a server that was not known is told, and what is told pins it", async () => {
  const { revision, remove } = await fetch({}, goodKey());
  await remove();
  expect(revision.hostKey).toBe(server.knownHosts);
  const pinned = await fetch({}, goodKey(revision.hostKey));
  expect(pinned.revision.commit).toBe(second);
  expect(pinned.revision.hostKey).toBeUndefined(); // nothing new
  await pinned.remove();
});

test("a commit that is no tip is fetched over ssh too", async () => {
  const { revision, read, remove } = await fetch({ ref: "main", commit: first }, goodKey());
  expect(revision).toMatchObject({ commit: first, branch: "main" });
  expect(await read("a.txt")).toBe("one");
  await remove();
});

test("refs are listed with a deploy key", async () => {
  const { sandbox, jobDir, remove } = await openTestWorkspace();
  const listed = await listRefs(
    { organisationId: crypto.randomUUID(), source: { kind: "git", url: urlOfShop() } },
    {
      sandbox,
      jobDir,
      egress: { allowPrivateHosts: true },
      credential: goodKey(),
      timeoutMs: 30_000,
      onMessage: () => {},
    },
    never,
  );
  expect(listed).toEqual({
    refs: [{ name: "refs/heads/main", commit: second }],
    defaultBranch: "main",
    isTruncated: false,
    hostKey: server.knownHosts,
  });
  await remove();
});

test("a server is known by the name that was typed, though its address is what is connected to", async () => {
  const url = urlOfShop().replace("127.0.0.1", "LocalHost");
  const { revision, remove } = await fetch({ url }, goodKey());
  expect(revision.hostKey).toBe(server.knownHosts.replace("127.0.0.1", "localhost"));
  await remove();
});

const failures: { name: string; work: () => Promise<unknown>; code: string; says: RegExp }[] = [
  {
    name: "a key that the server does not know",
    work: async () => fetch({}, keyOf((await makeKey(dir, "stranger")).privateKey)),
    code: "credential_refused",
    says: /does not let this deploy key/,
  },
  {
    name: "a server with another key than the known one",
    work: async () => {
      const other = await makeKey(dir, "other-host");
      return fetch({}, goodKey(`[127.0.0.1]:${server.port} ${other.publicKey}`));
    },
    code: "host_key_refused",
    says: /another host key/,
  },
  {
    name: "a server that the known hosts do not name",
    work: () => fetch({}, goodKey(server.knownHosts.replace(/^\S+/, "elsewhere.example"))),
    code: "host_key_refused",
    says: /another host key/,
  },
  {
    name: "a key with a passphrase",
    work: async () => fetch({}, keyOf((await makeKey(dir, "locked", "-N", "open sesame")).privateKey)),
    code: "credential_refused",
    says: /has a passphrase/,
  },
  {
    name: "an older key with a passphrase",
    work: async () =>
      fetch({}, keyOf((await makeKey(dir, "pem", "-t", "rsa", "-m", "PEM", "-N", "sesame")).privateKey)),
    code: "credential_refused",
    says: /has a passphrase/,
  },
  {
    name: "the public half of a key",
    work: async () => fetch({}, keyOf((await makeKey(dir, "public")).publicKey)),
    code: "credential_refused",
    says: /is a public key/,
  },
  {
    name: "a key that was cut off",
    work: () => fetch({}, keyOf("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----")),
    code: "credential_refused",
    says: /ssh does not know its format/,
  },
  {
    name: "a repository that is not there",
    work: () => fetch({ url: server.urlOf(join(dir, "nope.git")) }, goodKey()),
    code: "credential_refused",
    says: /no such repository/,
  },
  {
    name: "a token for an address of ssh",
    work: () => fetch({}, { kind: "token", username: null, token: new Secret("t") }),
    code: "source_invalid",
    says: /for https/,
  },
  {
    name: "a key for an address of https",
    work: () => fetch({ url: "https://example.com/a.git" }, goodKey()),
    code: "source_invalid",
    says: /for addresses of ssh/,
  },
  { name: "no key at all", work: () => fetch({}, null), code: "repository_private", says: /need a deploy key/ },
  {
    name: "a private address that is not allowed",
    work: () => fetch({}, goodKey(), { allowPrivateHosts: false }),
    code: "repository_unreachable",
    says: /private network/,
  },
  {
    name: "a metadata service",
    work: () => fetch({ url: "ssh://git@169.254.169.254/a.git" }, goodKey()),
    code: "repository_unreachable",
    says: /not an address/,
  },
  {
    name: "another spelling of a metadata service",
    work: () => fetch({ url: "ssh://git@0xa9fea9fe/a.git" }, goodKey()),
    code: "repository_unreachable",
    says: /not an address/,
  },
  {
    name: "a server that is not there",
    work: () => fetch({ url: "ssh://git@127.0.0.1:1/a.git" }, goodKey()),
    code: "repository_unreachable",
    says: /refuses connections/,
  },
];
for (const { name, work, code, says } of failures) {
  test(`${name} is ${code}`, async () => {
    const reason = await failureOf(work());
    expect([reason.code, reason.message]).toEqual([code as typeof reason.code, expect.stringMatching(says)]);
  });
}
