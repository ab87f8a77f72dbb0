import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "../../../../kit/test/wait-for.ts";
import { replicaOf } from "../../../test/replica.ts";
import { MARK } from "./launch.ts";
import { enginePaths } from "./paths.ts";
import { writeLaunchSpec } from "./prepare.ts";
import { bootId, identify, isAlive, type ProcessIdentity } from "./proc.ts";
import type { ReplicaRecord } from "./record.ts";
import type { Sandbox } from "./sandbox.ts";
import { createSupervisor } from "./supervisor.ts";

setDefaultTimeout(20_000);
const dir = await mkdtemp(join(tmpdir(), "homeport-supervisor-"));
const strangers: Bun.Subprocess[] = [];
afterAll(async () => {
  for (const stranger of strangers) stranger.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** Workloads as processes of the agent's own user, as where namespaces are forbidden. */
const plain = async () => {
  const paths = enginePaths(join(dir, newId()));
  const sandbox: Sandbox = {
    mode: "plain",
    toolchains: { path: process.env.PATH ?? "", mounts: [], links: [] },
    bunPath: process.execPath,
    launcherPath: new URL("./launcher.ts", import.meta.url).pathname,
    hidden: dir,
  };
  const record: ReplicaRecord = {
    nodeId: newId(),
    replica: replicaOf({ reference: "x:1" }),
    uid: null,
    port: 20_000,
    restarts: 0,
    bootId: bootId(),
    dropped: { stdout: 0, stderr: 0 },
    state: { kind: "created" },
  };
  await mkdir(paths.replica(record.replica.id).dir, { recursive: true });
  return { paths, record, supervisor: createSupervisor(paths, sandbox, null, () => {}) };
};

test("a session that took over the number of a workload that ended long ago is left alone", async () => {
  const { record, supervisor } = await plain();
  const stranger = Bun.spawn(["sleep", "1000"], { detached: true }); // leads a session of its own, as a login does
  strangers.push(stranger);
  const gone: ProcessIdentity = { pid: stranger.pid, startTicks: "1" };
  record.state = { kind: "running", startedAt: new Date(), outer: gone, init: null, main: gone };
  await supervisor.adopt(record);
  expect(record).toMatchObject({ state: { kind: "exited" } });
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
});

test("what a workload leaves behind in its session goes with it, whatever it did to its variables", async () => {
  const { paths, record, supervisor } = await plain();
  const files = paths.replica(record.replica.id);
  const childFile = join(files.dir, "child");
  const script = `
    const child = Bun.spawn(["/bin/sleep", "1000"], { env: {}, stdio: ["ignore", "ignore", "ignore"] });
    await Bun.write(process.argv[1], String(child.pid));
    process.exit(0);`;
  await writeLaunchSpec(files.launchSpec, null, {
    cwd: files.dir,
    argv: [process.execPath, "-e", script, childFile],
    env: { PATH: "/usr/bin:/bin", [MARK]: record.replica.id },
  });
  await supervisor.start(record);
  await waitFor(() => record.state.kind === "exited", { timeoutMs: 15_000 });
  const child = identify(Number(await Bun.file(childFile).text()));
  expect(child !== null && isAlive(child)).toBe(false);
});
