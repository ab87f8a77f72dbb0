import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identify } from "../../../packages/kit/test/docker/process.ts";
import { adoptOrphans } from "./leftovers.ts";
import { type Result, runTask, testTask } from "./run-suite.ts";

setDefaultTimeout(30_000);
adoptOrphans();

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "homeport-run-"));
});
afterAll(() => rm(root, { recursive: true }));

const runTests = (body: string, options: { limitSeconds?: number; signal?: AbortSignal } = {}): Promise<Result> =>
  runLanes([body], options);

const runLanes = async (
  bodies: string[],
  options: { limitSeconds?: number; signal?: AbortSignal } = {},
): Promise<Result> => {
  const lanes: string[][] = [];
  for (const body of bodies) {
    const file = `${Bun.randomUUIDv7()}.test.ts`;
    await Bun.write(join(root, file), `import { expect, test } from "bun:test";\n${body}`);
    lanes.push([file]);
  }
  const suite = { name: "a suite", lanes, limitSeconds: options.limitSeconds ?? 20 };
  const task = testTask(root, suite, { pattern: null, verbose: false });
  return runTask({ ...task, settleMs: 200, graceMs: 200 }, options.signal ?? new AbortController().signal);
};

/** Ignores being asked to end, has an environment and a session of its own, and outlives its parent. */
const stray = `Bun.spawn(["setsid", "sleep", "600"], { env: { PATH: process.env.PATH }, stdio: ["ignore", "inherit", "inherit"] }).unref();`;

const strays = ({ notes }: Result): number[] =>
  notes.flatMap((note) => {
    const pid = /^It left running: sleep 600 \((\d+)\)$/.exec(note)?.[1];
    return pid === undefined ? [] : [Number(pid)];
  });

test("tests that pass and are skipped are counted", async () => {
  const { counts, notes } = await runTests('test("a", () => {}); test.skip("b", () => {});');
  expect({ counts, notes }).toEqual({ counts: { passed: 1, failed: 0, skipped: 1 }, notes: [] });
});

test("a failed test is counted once, and its output is kept", async () => {
  const { counts, output } = await runTests('test("a", () => expect("what came").toBe("what should"));');
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(output).toContain("what came");
});

test("a file that does not load is a failure", async () => {
  const { counts } = await runTests('throw new Error("at once");');
  expect(counts.failed).toBeGreaterThan(0);
});

test("a process that crashes is a failure", async () => {
  const { counts } = await runTests('test("a", () => process.kill(process.pid, "SIGKILL"));');
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("a process that ends without a summary is a failure, whatever its exit code", async () => {
  const { counts } = await runTests('test("a", () => process.exit(0)); test("b", () => expect(1).toBe(2));');
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("a suite that hangs is ended at its limit, with everything it started", async () => {
  const { counts, notes, seconds } = await runTests(
    `test("a", () => { process.on("SIGTERM", () => {}); while (true); });`,
    { limitSeconds: 1 },
  );
  expect(notes).toContain("It was ended after 1 seconds.");
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(seconds).toBeLessThan(15);
});

test("a process that a suite leaves behind is ended, named, and a failure", async () => {
  const result = await runTests(`test("a", () => { ${stray} });`);
  expect(result.counts).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(strays(result)).toHaveLength(1);
  expect(strays(result).map(identify)).toEqual([null]);
});

test("a run that is stopped ends its suite", async () => {
  const stop = new AbortController();
  const running = runTests('test("a", () => new Promise(() => {}), 60_000);', { signal: stop.signal });
  stop.abort();
  expect((await running).counts.failed).toBe(1);
});

test("the lanes of a suite run at once and are counted together", async () => {
  const meet = (own: string, other: string) => `
    test("a", async () => {
      const { existsSync, writeFileSync } = await import("node:fs");
      writeFileSync(${JSON.stringify(join(root, own))}, "");
      while (!existsSync(${JSON.stringify(join(root, other))})) await Bun.sleep(5);
    });`;
  const failing = `${meet("two", "one")} test("b", () => expect("what came").toBe("what should"));`;
  const { counts, output } = await runLanes([meet("one", "two"), failing]);
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 0 });
  expect(output).toContain("what came");
});

test("a lane that crashes is a failure, and the others are counted", async () => {
  const { counts } = await runLanes(['test("a", () => {});', 'test("a", () => process.kill(process.pid, "SIGKILL"));']);
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 });
});
