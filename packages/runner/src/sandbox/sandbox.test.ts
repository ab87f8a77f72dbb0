import { afterAll, beforeAll, expect, test } from "bun:test";
import { lstatSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { processesWith } from "../../test/processes.ts";
import { runCommand } from "../run/run-command.ts";
import { endLeftSandboxes } from "./left-sandboxes.ts";
import { checkSandbox, openSandbox } from "./sandbox.ts";
import { findToolchain } from "./toolchain.ts";
import { buildLine } from "./user-command.ts";

const never = new AbortController().signal;
const isRoot = process.getuid?.() === 0;
let dataDir = "";

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "homeport-sandbox-"));
  await writeFile(join(dataDir, "platform-secret"), "canary");
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const open = async (organisationId: string = newId()) => {
  const jobDir = join(dataDir, "runner", newId());
  await mkdir(jobDir, { recursive: true, mode: 0o700 });
  const sandbox = await openSandbox({
    jobDir,
    cacheRoot: join(dataDir, "runner/cache"),
    dataDir,
    organisationId,
    toolchain: findToolchain(process.env.PATH ?? ""),
    limits: { maxFileBytes: 1024 * 1024, maxProcesses: 200 },
    env: { FROM_CONFIG: "yes" },
  });
  return { sandbox, jobDir };
};

const runLine = async (line: string, signal = never) => {
  const { sandbox, jobDir } = await open();
  const lines: string[] = [];
  const exit = await runCommand(sandbox.command(buildLine(line)), {
    onLine: (_, text) => void lines.push(text),
    signal,
  });
  return { ...exit, lines, jobDir };
};

test("a sandbox can be opened here", async () => {
  await checkSandbox((await open()).sandbox, never);
});

test("a build sees its folder as /app, and what it writes is there afterwards", async () => {
  const { lines, jobDir } = await runLine("pwd; echo made > file; mkdir sub");
  expect(lines).toEqual(["/app"]);
  expect((await readdir(join(jobDir, "app"))).sort()).toEqual(["file", "sub"]);
});

test("a build is an unprivileged user without capabilities", async () => {
  const { lines } = await runLine("id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status");
  if (isRoot) expect(Number(lines[0])).toBeGreaterThanOrEqual(210_000);
  else expect(Number(lines[0])).toBe(process.getuid?.() ?? 0);
  expect(lines.slice(1).map((line) => line.split("\t")[1])).toEqual(["0000000000000000", "1"]);
});

test("a build sees neither the platform's data nor the homes and processes of the machine", async () => {
  const { lines } = await runLine(
    `cat ${dataDir}/platform-secret; ls /root /home /srv /var /run; ls /proc | grep -c '^[0-9]'`,
  );
  expect(lines.join("\n")).not.toContain("canary");
  expect(lines).toContain("build"); // all of /home
  expect(Number(lines.at(-1))).toBeLessThan(10);
});

test("a build cannot write outside of its folders", async () => {
  const { lines } = await runLine(
    "for d in / /usr /etc /dev /home /tools /opt; do touch $d/x 2>/dev/null && echo wrote $d; done; true",
  );
  expect(lines).toEqual([]);
});

test("the environment holds nothing of the runner's", async () => {
  process.env.CANARY_OF_RUNNER = "canary";
  const { lines } = await runLine("env");
  expect(lines.join("\n")).not.toContain("canary");
  expect(lines).toContain("FROM_CONFIG=yes");
  expect(lines).toContain("CI=1");
});

test("bun, and node where the machine has it, are there", async () => {
  const { lines } = await runLine("bun --version; bunx --version; command -v node >/dev/null && npm --version");
  expect(lines).toHaveLength(Bun.which("npm") === null ? 2 : 3);
  expect(lines[0]).toBe(Bun.version);
});

test("a single file cannot outgrow its limit", async () => {
  const { exitCode, jobDir } = await runLine("head -c 3000000 /dev/zero > large");
  expect(exitCode).not.toBe(0);
  expect(lstatSync(join(jobDir, "app/large")).size).toBeLessThanOrEqual(1024 * 1024);
});

test("a daemon that a build leaves behind is gone when the build returns", async () => {
  const marker = `marker-${newId()}`;
  const { exitCode } = await runLine(
    `setsid sh -c 'while :; do sleep 1; done; echo ${marker}' >/dev/null 2>&1 & echo started`,
  );
  expect(exitCode).toBe(0);
  expect(processesWith(marker)).toEqual([]);
});

test("aborting ends everything in the sandbox", async () => {
  const marker = `marker-${newId()}`;
  const stop = new AbortController();
  const running = runLine(
    `setsid sh -c 'while :; do sleep 1; done; echo ${marker}' & while :; do sleep 1; done`,
    stop.signal,
  );
  const failure = running.catch((err: unknown) => err);
  await waitFor(() => processesWith(marker).length > 0);
  stop.abort(new Error("enough"));
  expect(await failure).toEqual(new Error("enough"));
  expect(processesWith(marker)).toEqual([]);
});

test("aborting in the instant of the start leaves nothing either", async () => {
  const marker = `marker-${newId()}`;
  for (const waitMs of [0, 0, 1, 1, 2, 3, 4, 5, 6, 8]) {
    const stop = new AbortController();
    const failure = runLine(`while :; do sleep 1; done; echo ${marker}`, stop.signal).catch((err: unknown) => err);
    setTimeout(() => stop.abort(new Error("enough")), waitMs);
    expect(await failure).toEqual(new Error("enough"));
  }
  expect(processesWith(marker)).toEqual([]);
});

test("a sandbox ends with the process that runs it, also by kill -9", async () => {
  const marker = `marker-${newId()}`;
  const { sandbox } = await open();
  const command = sandbox.command(buildLine(`while :; do sleep 1; done; echo ${marker}`));
  const { argv } = command.guard!(command.argv);
  const script = `Bun.spawn(${JSON.stringify(argv)}, { stdio: ["ignore", "ignore", "ignore", Bun.file("/dev/null")] }); setInterval(() => {}, 1000)`;
  const owner = Bun.spawn([process.execPath, "-e", script]);
  await waitFor(
    () =>
      processesWith(`/bin/sh -c PATH="$PWD/node_modules/.bin:$PATH"\nwhile :; do sleep 1; done; echo ${marker}`, true)
        .length > 0,
  );
  owner.kill("SIGKILL");
  await waitFor(() => processesWith(marker).length === 0);
});

test("a sandbox that outlived its runner is ended by the next one", async () => {
  const marker = `marker-${newId()}`;
  const { sandbox } = await open();
  const command = sandbox.command(buildLine(`while :; do sleep 1; done; echo ${marker}`));
  const argv = command.guard!(command.argv).argv.filter((arg) => arg !== "--die-with-parent");
  Bun.spawn(argv, { stdio: ["ignore", "ignore", "ignore", Bun.file("/dev/null")], detached: true });
  await waitFor(() => processesWith(marker).length > 2);
  await endLeftSandboxes(join(dataDir, "somewhere-else"));
  expect(processesWith(marker).length).toBeGreaterThan(2);
  await endLeftSandboxes(join(dataDir, "runner"));
  await waitFor(() => processesWith(marker).length === 0);
});

test("organisations have users and caches of their own, and keep them", async () => {
  const [first, second] = [newId(), newId()];
  const users = [await open(first), await open(second), await open(first)].map(({ sandbox }) => sandbox.user?.uid);
  expect(users[2]).toBe(users[0]);
  if (isRoot) expect(users[0]).not.toBe(users[1]);
  else expect(users[0]).toBeUndefined(); // all are ours
});
