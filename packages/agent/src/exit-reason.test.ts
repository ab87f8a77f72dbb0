import { expect, test } from "bun:test";
import { type EndedReplica, explainExit } from "./exit-reason.ts";

const startedAt = new Date(0);
const ended = (code: number | null, more: Partial<EndedReplica> = {}, seconds = 1): EndedReplica => ({
  exit: { code, oomKilled: false, at: new Date(seconds * 1000) },
  startedAt,
  kind: "service",
  lastLines: [],
  ...more,
});
const outOfMemory = { code: 137, oomKilled: true, at: new Date(1000) };

test.each([
  { code: 0, says: /ended by itself without an error/ },
  { code: 1, says: /stopped with an error/ },
  { code: 3, says: /exit code 3/ },
  { code: 126, says: /cannot be executed/ },
  { code: 127, says: /was not found/ },
  { code: 134, says: /aborted itself/, signal: "SIGABRT" },
  { code: 137, says: /was killed/, signal: "SIGKILL" },
  { code: 139, says: /memory access error/, signal: "SIGSEGV" },
  { code: 143, says: /asked to stop/, signal: "SIGTERM" },
  { code: 129, says: /signal SIGHUP/, signal: "SIGHUP" },
  { code: 255, says: /exit code 255/ },
])("exit code $code is explained in words", ({ code, says, signal }) => {
  const reason = explainExit(ended(code, { lastLines: ["the end"] }));
  expect(reason).toMatchObject({ code: "crashed", exitCode: code, lastLines: ["the end"] });
  expect(reason.message).toMatch(says);
  expect(reason.signal).toBe(signal as never);
});

test("a death by lack of memory names the limit", () => {
  const reason = explainExit(ended(137, { exit: outOfMemory, memoryMiB: 256 }));
  expect(reason).toMatchObject({ code: "out_of_memory", exitCode: 137, signal: "SIGKILL" });
  expect(reason.message).toContain("256 MiB");
  expect(reason).not.toHaveProperty("lastLines");
});

test("an end that nobody saw is told as such", () => {
  const reason = explainExit(ended(null));
  expect(reason.message).toContain("not known");
  expect(reason).not.toHaveProperty("exitCode");
});

test("killed without a limit of memory being the cause says so, and with the machine's memory at its end too", () => {
  expect(explainExit(ended(137)).message).toContain("not for its memory limit");
  expect(explainExit(ended(137, { exit: outOfMemory })).message).toContain("the machine ran out of memory");
});

test("a program that is made for another machine is told as such, wherever the system says it", () => {
  const lastLines = ["exec /app/server: exec format error"];
  expect(explainExit(ended(1, { lastLines })).code).toBe("image_wrong_platform");
  expect(explainExit(ended(0, { lastLines })).code).toBe("crashed");
});

const run = { kind: "run", timeoutSeconds: 10 } as const;

test.each([
  {
    name: "ended for its time",
    reason: explainExit(ended(143, run, 10.2)),
    code: "run_timed_out",
    says: "limit of 10 seconds",
  },
  {
    name: "failed before",
    reason: explainExit(ended(1, run, 9)),
    code: "crashed",
    says: "The command stopped with an error",
  },
  {
    name: "was ended for its time, and said that all was well",
    reason: explainExit(ended(0, run, 10.2)),
    code: "run_timed_out",
    says: "limit of 10 seconds",
  },
  { name: "was done in time", reason: explainExit(ended(0, run, 9.9)), code: "crashed", says: "without an error" },
  {
    name: "has no known start",
    reason: explainExit(ended(137, { ...run, startedAt: null }, 60)),
    code: "crashed",
    says: "was killed",
  },
])("a command that $name is told as such", ({ reason, code, says }) => {
  expect(reason.code).toBe(code);
  expect(reason.message).toContain(says);
});
