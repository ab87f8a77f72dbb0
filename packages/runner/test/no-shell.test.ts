import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { makeCertificate } from "./certificate.ts";
import { createRepository, type GitServer, startGitServer } from "./git-server.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { type SshServer, startSshServer } from "./ssh-server.ts";
import type { TracedJobs } from "./traced-jobs.ts";

setDefaultTimeout(300_000);

const TOKEN = "canary-token-77aa";
const SHELLS = new Set(["sh", "bash", "dash", "ash", "zsh", "ksh", "env", "busybox"]);

type Start = { program: string; argv: string };
let starts: Start[] = [];
let outcomes: Record<string, { state: string; reason?: unknown }> = {};
let privateKey = "";
const marker = `marker-${crypto.randomUUID()}`;

let dir = "";
let registry: TestRegistry;
let ssh: SshServer;
let http: GitServer;
let https: GitServer;
let docker: Docker;

beforeAll(async () => {
  if (Bun.which("strace") === null) throw new Error("This test watches what is started: apt-get install strace");
  dir = await mkdtemp(join(tmpdir(), "homeport-traced-"));
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath, ["busybox"]);
  registry = await startRegistry();
  ssh = await startSshServer();
  privateKey = ssh.privateKey;
  const shop = await createRepository(dir, "shop.git");
  await shop.commit({
    "index.html": "<h1>Shop",
    Dockerfile: "FROM busybox\nRUN --mount=type=secret,id=TOKEN true\n",
    "hooks/post-checkout": "#!/bin/sh\n",
    ".gitattributes": "* filter=evil\n",
  });
  await shop.push();
  const tls = await makeCertificate();
  http = await startGitServer(dir);
  https = await startGitServer(dir, { tls, users: { "shop.git": `x-access-token:${TOKEN}` } });
  await trace({
    registry: registry.host,
    http: `${http.url}/shop.git`,
    https: `${https.url}/shop.git`,
    ssh: ssh.urlOf(join(dir, "shop.git")),
    privateKey,
    token: TOKEN,
    certificates: tls.cert,
    dockerHost: docker.host,
    command: `echo ${marker}; mkdir dist`,
  });
});
afterAll(async () => {
  await http.stop();
  await https.stop();
  await ssh.stop();
  await registry.stop();
  await docker.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Runs all jobs in a process of their own, and notes every program that it or a child of it starts. */
const trace = async (told: TracedJobs): Promise<void> => {
  const file = join(dir, "trace");
  const options = ["-f", "--seccomp-bpf", "-qq", "-s", "8192", "-v", "-e", "trace=execve,execveat", "-o", file];
  const child = Bun.spawn(["strace", ...options, process.execPath, join(import.meta.dir, "traced-jobs.ts")], {
    stdin: new Blob([JSON.stringify(told)]),
    stdout: "pipe",
    stderr: "inherit",
  });
  const output = await new Response(child.stdout).text();
  outcomes = JSON.parse(output.trim().split("\n").at(-1) ?? "{}");
  const lines = (await Bun.file(file).text()).split("\n");
  starts = lines.flatMap((line) => {
    const found = /^\d+ +execve(?:at)?\((?:[^"]*, )?"([^"]*)", (\[.*)$/.exec(line);
    return found === null || / = -1 /.test(line) ? [] : [{ program: found[1] ?? "", argv: found[2] ?? "" }];
  });
};

test("each kind of job was done", () => {
  const states = Object.fromEntries(
    Object.entries(outcomes).map(([name, { state, reason }]) => [name, reason ?? state]),
  );
  expect(states).toEqual({
    "refs over http": "succeeded",
    "refs over https": "succeeded",
    "refs over ssh": "succeeded",
    http: "succeeded",
    https: "succeeded",
    ssh: "succeeded",
    upload: "succeeded",
    container: "succeeded",
    "container with secrets": "succeeded",
    "with a step": "succeeded",
  });
});

test("programs were started, and seen", () => {
  const programs = new Set(starts.map(({ program }) => basename(program)));
  for (const program of ["git", "ssh", "bwrap", "tar", "docker"]) expect(programs).toContain(program);
});

test("no shell was started but the one of the tenant's own step", () => {
  const shells = starts.filter(({ program }) => SHELLS.has(basename(program)));
  expect(shells.map(({ argv }) => argv.includes(marker))).toEqual([true]);
});

test("no program was told a credential, in its arguments or in its environment", () => {
  const everything = JSON.stringify(starts);
  const forms = [
    TOKEN,
    btoa(TOKEN).replaceAll("=", ""),
    btoa(`x-access-token:${TOKEN}`),
    privateKey.split("\n")[1] ?? "",
  ];
  for (const form of forms) expect(everything).not.toContain(form);
});

test("the secret of a build was told to the step that needs it, and to no program of git's or of the engine's", () => {
  const told = starts.filter(({ argv }) => argv.includes("a secret")).map(({ program }) => basename(program));
  expect(told).toContain("sh");
  for (const program of ["git", "ssh", "docker"]) expect(told).not.toContain(program);
});
