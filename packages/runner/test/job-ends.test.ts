import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import type { BuildSpec } from "../src/build-spec.ts";
import type { JobSource } from "../src/ports.ts";
import { DEFAULT_LIMITS } from "../src/service/limits.ts";
import { processesWith } from "./processes.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { startTestRunner, type TestRunner } from "./runner.ts";

setDefaultTimeout(60_000);

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.stop());

/** A build that runs until it is ended, and can be seen in the list of processes. */
const endless = async (runner: TestRunner) => {
  const marker = `marker-${newId()}`;
  const spec: Partial<BuildSpec> = {
    source: await runner.upload({ "index.html": "" }),
    preset: "static",
    buildCommand: `echo ${marker}; (while :; do sleep 1; done; echo ${marker}) & while :; do sleep 1; done`,
  };
  const job = runner.enqueue(spec);
  await waitFor(() => runner.texts().includes(marker) && processesWith(marker).length > 0, { timeoutMs: 20_000 });
  return { job, isGone: () => processesWith(marker).length === 0 && runner.foldersOf().length === 0 };
};

const fast = async (runner: TestRunner) => ({ source: await runner.upload({ "index.html": "<h1>" }) });

test("a cancelled build ends at once, with all its processes, and says that it was cancelled", async () => {
  const runner = await startTestRunner({ registry: registry.host });
  const { job, isGone } = await endless(runner);
  runner.cancelled.add(job.id);
  expect(await runner.outcomeOf(job)).toMatchObject({ state: "failed", reason: { code: "cancelled" }, retry: false });
  await waitFor(isGone);
  expect((await runner.build(await fast(runner))).state).toBe("succeeded"); // and the next one is built
  await runner.stop();
});

test("a build whose lease is lost ends, and nothing more is told about it", async () => {
  const runner = await startTestRunner({ registry: registry.host });
  const { job, isGone } = await endless(runner);
  runner.lost.add(job.id);
  await waitFor(isGone, { timeoutMs: 10_000 });
  expect((await runner.build(await fast(runner))).state).toBe("succeeded");
  expect(runner.outcomes.has(job.id)).toBe(false);
  await runner.stop();
});

test("a lease that cannot be renewed for as long as it lasts is lost", async () => {
  let away = false;
  const runner = await startTestRunner({
    registry: registry.host,
    source: (source) => ({
      ...source,
      async claim(kinds, waitSeconds, signal) {
        const job = await source.claim(kinds, waitSeconds, signal);
        return job === null ? null : { ...job, leaseSeconds: 1 };
      },
      async heartbeat(job, _waitSeconds, signal) {
        if (away) throw new DomainError("unavailable", "The ci app does not answer.");
        return source.heartbeat(job, 0.2, signal);
      },
    }),
  });
  const { job, isGone } = await endless(runner);
  away = true;
  await waitFor(isGone, { timeoutMs: 10_000 });
  expect(runner.outcomes.has(job.id)).toBe(false);
  await runner.stop();
});

test("a build that takes too long ends and says so", async () => {
  const runner = await startTestRunner({
    registry: registry.host,
    config: { limits: { ...DEFAULT_LIMITS, buildMs: 1500 } },
  });
  const { job, isGone } = await endless(runner);
  const outcome = await runner.outcomeOf(job);
  expect(outcome).toMatchObject({
    state: "failed",
    reason: { code: "timed_out", message: "The build did not end within 1.5 seconds." },
  });
  await waitFor(isGone);
  await runner.stop();
});

test("a build that fills the disk ends and says so", async () => {
  const runner = await startTestRunner({
    registry: registry.host,
    config: { limits: { maxWorkspaceBytes: 20_000_000 } },
  });
  const source = await runner.upload({ "index.html": "" });
  const outcome = await runner.build({
    source,
    preset: "static",
    buildCommand: "head -c 40000000 /dev/zero > large; while :; do sleep 1; done",
  });
  expect(outcome).toMatchObject({ state: "failed", reason: { code: "workspace_too_large" } });
  await runner.stop();
});

test("a runner that stops gives its job back, and leaves nothing behind", async () => {
  const runner = await startTestRunner({ registry: registry.host });
  const { job, isGone } = await endless(runner);
  await runner.runner.stop();
  expect(runner.outcomes.get(job.id)).toMatchObject({
    state: "failed",
    reason: { code: "runner_stopped" },
    retry: true,
  });
  expect(isGone()).toBe(true);
  await runner.stop();
});

test("an outcome is told until the platform has heard it", async () => {
  let failures = 2;
  const runner = await startTestRunner({
    registry: registry.host,
    source: (source) => ({
      ...source,
      async complete(job, result, signal) {
        if (failures-- > 0) throw new DomainError("unavailable", "Restarting.");
        return source.complete(job, result, signal);
      },
    }),
  });
  expect((await runner.build(await fast(runner))).state).toBe("succeeded");
  expect(failures).toBeLessThan(0);
  await runner.stop();
});

test("a result that is refused is a failed build, which is not tried again", async () => {
  const runner = await startTestRunner({
    registry: registry.host,
    source: (source) => ({
      ...source,
      async complete() {
        throw new DomainError("invalid", "result: is not one.");
      },
    }),
  });
  const outcome = await runner.build(await fast(runner));
  expect(outcome).toMatchObject({ state: "failed", reason: { code: "internal" }, retry: false });
  await runner.stop();
});

test("a runner goes on asking when the platform does not answer", async () => {
  let failures = 2;
  const runner = await startTestRunner({
    registry: registry.host,
    source: (source) => ({
      ...source,
      async claim(kinds, waitSeconds, signal) {
        if (failures-- > 0) throw new DomainError("unavailable", "Restarting.");
        return source.claim(kinds, waitSeconds, signal);
      },
    }),
  });
  expect((await runner.build(await fast(runner))).state).toBe("succeeded");
  await runner.stop();
});

test("builds wait for each other unless more are allowed at once", async () => {
  const one = await startTestRunner({ registry: registry.host });
  const held = await endless(one);
  const waiting = one.enqueue(await fast(one));
  expect(one.queue).toContain(waiting);
  await one.stop();
  expect(held.isGone()).toBe(true);

  const two = await startTestRunner({ registry: registry.host, config: { concurrency: 2 } });
  await endless(two);
  expect((await two.build(await fast(two))).state).toBe("succeeded");
  await two.stop();
});

test("what a killed runner left in its folder is removed at the start", async () => {
  const runner = await startTestRunner({ registry: registry.host });
  await runner.runner.stop();
  mkdirSync(join(runner.dataDir, "runner/jobs", newId(), "app"), { recursive: true });
  const { startRunner } = await import("../src/index.ts");
  const config = {
    dataDir: runner.dataDir,
    registry: registry.host,
    allowPrivateHosts: true,
    searchPath: "",
    buildEnv: {},
  };
  const again = await startRunner(config, { jobs: runner.source, log: { append: async () => {} }, images: null });
  expect(runner.foldersOf()).toEqual([]);
  await again.stop();
  await runner.stop();
});

test("a log that is away does not fail a build", async () => {
  const runner = await startTestRunner({ registry: registry.host });
  await runner.runner.stop();
  const { startRunner } = await import("../src/index.ts");
  const away = { append: async () => Promise.reject(new DomainError("forbidden", "No.")) };
  const config = {
    dataDir: runner.dataDir,
    registry: registry.host,
    allowPrivateHosts: true,
    searchPath: process.env.PATH ?? "",
    buildEnv: {},
  };
  const again = await startRunner(config, { jobs: runner.source, log: away, images: null });
  expect((await runner.build(await fast(runner))).state).toBe("succeeded");
  await again.stop();
  await runner.stop();
});

test("a runner says that it begins before it asks for jobs, again until it is heard", async () => {
  const runner = await startTestRunner({ registry: registry.host });
  await runner.runner.stop();
  const { startRunner } = await import("../src/index.ts");
  const calls: string[] = [];
  const jobs: JobSource = {
    ...runner.source,
    async begin() {
      calls.push("begin");
      if (calls.length === 1) throw new DomainError("unavailable", "Not yet.");
    },
    async claim(kinds, waitSeconds, signal) {
      calls.push("claim");
      return runner.source.claim(kinds, waitSeconds, signal);
    },
  };
  const config = {
    dataDir: runner.dataDir,
    registry: registry.host,
    allowPrivateHosts: true,
    searchPath: "",
    buildEnv: {},
  };
  const again = await startRunner(config, { jobs, log: { append: async () => {} }, images: null });
  await waitFor(() => calls.includes("claim"));
  expect(calls.slice(0, 3)).toEqual(["begin", "begin", "claim"]);
  await again.stop();
  await runner.stop();
});
