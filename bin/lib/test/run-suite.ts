import { join } from "node:path";
import { endLeftovers, SUITE } from "./leftovers.ts";
import type { Suite } from "./suites.ts";
import { add, type Counts, NONE, readSummary } from "./summary.ts";

/** One process's share of the run. `output` is what it printed, `notes` what went wrong around it. */
export type Result = { name: string; counts: Counts; seconds: number; output: string; notes: string[] };

export type Task = {
  name: string;
  /** Run at once, each in a process group of its own. */
  commands: readonly (readonly string[])[];
  cwd: string;
  limitSeconds: number;
  /** Copies the output to the terminal while it comes. */
  verbose: boolean;
  /** How many tests passed and failed; a task that counts none of its own is one test, by its exit code. */
  count?: (output: string) => Counts | null;
  /** How long what it started may take to end after it. */
  settleMs?: number;
  /** How long it may take to end when it is asked to. */
  graceMs?: number;
};

/** A single test may not keep others waiting for longer. */
const TEST_TIMEOUT_MS = 30_000;

/** For the last output; a pipe that somebody outside of our reach holds open is not waited for. */
const DRAIN_MS = 5_000;

/** For a clean end of what is asked to end. */
const GRACE_MS = 5_000;

export const testTask = (root: string, suite: Suite, options: { pattern: string | null; verbose: boolean }): Task => ({
  name: suite.name,
  commands: suite.lanes.map((files) => [
    process.execPath,
    "test",
    `--timeout=${TEST_TIMEOUT_MS}`,
    ...(options.verbose ? [] : ["--only-failures"]),
    ...(options.pattern === null ? [] : [`--test-name-pattern=${options.pattern}`]),
    ...files.map((file) => join(root, file)),
  ]),
  cwd: root,
  limitSeconds: suite.limitSeconds,
  verbose: options.verbose,
  count: readSummary,
});

/** Runs a task to its end or to its limit, and leaves nothing running. */
export const runTask = async (task: Task, signal: AbortSignal): Promise<Result> => {
  const startedAt = performance.now();
  const mark = Bun.randomUUIDv7();
  const limit = AbortSignal.timeout(task.limitSeconds * 1000);
  const over = AbortSignal.any([signal, limit]);
  const ended = await Promise.all(task.commands.map((argv) => runCommand(task, argv, mark, over)));
  const notes = limit.aborted ? [`It was ended after ${task.limitSeconds} seconds.`] : [];
  const leftovers = await endLeftovers(mark, task.settleMs);
  await Promise.race([Promise.all(ended.map(({ reading }) => reading)), Bun.sleep(DRAIN_MS)]); // only now: whatever was left running held the pipes open
  notes.push(...leftovers.map((words) => `It left running: ${words}`));
  const outputs = ended.map(({ output }) => output.join(""));
  const counts = ended
    .map(({ exitCode }, lane) => countsOf(task, outputs[lane] ?? "", exitCode, notes.length === 0 || lane > 0))
    .reduce(add, NONE);
  return {
    name: task.name,
    counts,
    seconds: (performance.now() - startedAt) / 1000,
    output: outputs.join("\n"),
    notes,
  };
};

type Ended = { exitCode: number; output: string[]; reading: Promise<unknown> };

const runCommand = async (task: Task, argv: readonly string[], mark: string, over: AbortSignal): Promise<Ended> => {
  const child = Bun.spawn([...argv], {
    cwd: task.cwd,
    env: { ...process.env, [SUITE]: mark },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  const end = () => endGroup(child.pid, task.graceMs ?? GRACE_MS);
  if (over.aborted) end();
  over.addEventListener("abort", end);
  const output: string[] = [];
  const reading = Promise.all([
    collect(child.stdout, output, task.verbose),
    collect(child.stderr, output, task.verbose),
  ]);
  const exitCode = await child.exited;
  over.removeEventListener("abort", end); // its number may be another's by then
  return { exitCode, output, reading };
};

/**
 * A process that ends badly without a failed test is a failure of its own, and so is what the task leaves behind. One that
 * ends without a summary did not run all of its tests, whatever its exit code.
 */
const countsOf = (task: Task, output: string, exitCode: number, isClean: boolean): Counts => {
  if (task.count === undefined && exitCode === 0 && isClean) return { ...NONE, passed: 1 };
  const counted = task.count?.(output) ?? null;
  const { failed } = counted ?? NONE;
  const isUnexplained = counted === null || (exitCode !== 0 && failed === 0 && !isEmpty(task, output));
  return { ...(counted ?? NONE), failed: failed + (isUnexplained || !isClean ? 1 : 0) };
};

/** A pattern that matches nothing in a package is no failure: it was meant for another one. */
const isEmpty = (task: Task, output: string): boolean => {
  const counts = task.count?.(output);
  return counts?.passed === 0 && /^error: regex .* matched 0 tests\./m.test(output);
};

const endGroup = (pid: number, graceMs: number): void => {
  const send = (name: NodeJS.Signals) => {
    try {
      process.kill(-pid, name);
    } catch {
      // The group is gone.
    }
  };
  send("SIGTERM");
  setTimeout(send, graceMs, "SIGKILL").unref();
};

const collect = async (stream: ReadableStream<Uint8Array>, into: string[], verbose: boolean): Promise<void> => {
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    into.push(decoder.decode(chunk, { stream: true }));
    if (verbose) process.stdout.write(chunk);
  }
};
