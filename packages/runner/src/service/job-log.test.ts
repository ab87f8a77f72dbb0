import { expect, test } from "bun:test";
import { DomainError } from "@homeport/kit/errors.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { memoryLog, testJob } from "../../test/memory-ports.ts";
import { openJobLog } from "./job-log.ts";

const never = new AbortController().signal;
const options = { maxBytes: 1000, flushMs: 1, closeMs: 2000 };

test("lines arrive in order, with their streams, and all before close returns", async () => {
  const memory = memoryLog();
  const log = openJobLog(memory.log, testJob(), options, never);
  log.phase("Installing");
  for (let i = 0; i < 30; i++) void log.line(i % 2 === 0 ? "stdout" : "stderr", String(i));
  await log.close();
  expect(memory.lines[0]).toMatchObject({ stream: "system", text: "==> Installing" });
  expect(memory.texts().slice(1)).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
});

test("secrets and tokens of the job are masked", async () => {
  const memory = memoryLog();
  const job = { ...testJob(), secrets: { git: null, build: new Map([["NAME", new Secret("hunter22")]]) } };
  const log = openJobLog(memory.log, job, options, never);
  void log.line("stdout", `hunter22 ${job.jobToken.reveal()} ${job.leaseToken.reveal()}`);
  await log.close();
  expect(memory.texts()).toEqual(["*** *** ***"]);
});

test("a batch whose answer was lost is stored once", async () => {
  const memory = memoryLog();
  let failures = 2;
  const log = openJobLog(
    {
      async append(job, batch, signal) {
        await memory.log.append(job, batch, signal);
        if (failures-- > 0) throw new DomainError("unavailable", "The answer was lost.");
      },
    },
    testJob(),
    options,
    never,
  );
  log.say("one\ntwo");
  await log.close();
  expect(memory.texts()).toEqual(["one", "two"]);
});

test("output beyond the limit is dropped with one note, the runner's own lines are kept", async () => {
  const memory = memoryLog();
  const log = openJobLog(memory.log, testJob(), options, never);
  for (let i = 0; i < 300; i++) void log.line("stdout", "x".repeat(9));
  log.phase("Pushing");
  await log.close();
  const texts = memory.texts();
  expect(texts.filter((text) => text.startsWith("x"))).toHaveLength(100);
  expect(texts.slice(100)).toEqual([
    "The output is longer than 1000 bytes; the rest of it is not kept.",
    "==> Pushing",
  ]);
});

test("commands are asked to wait while the log does not keep up", async () => {
  const open = Promise.withResolvers<void>();
  const log = openJobLog({ append: () => open.promise }, testJob(), { ...options, maxBytes: 1e9 }, never);
  let waits: unknown;
  for (let i = 0; i < 1000 && waits === undefined; i++) waits = log.line("stdout", "x".repeat(16_000));
  expect(waits).toBeInstanceOf(Promise);
  open.resolve();
  await waits;
  await log.close();
});

test("closing gives up on a log that does not answer", async () => {
  const log = openJobLog({ append: () => new Promise(() => {}) }, testJob(), { ...options, closeMs: 20 }, never);
  log.say("lost");
  await log.close();
});

test("a log that refuses does not stop the build", async () => {
  let calls = 0;
  const refuse = async () => {
    calls++;
    throw new DomainError("forbidden", "The stream has ended.");
  };
  const log = openJobLog({ append: refuse }, testJob(), options, never);
  void log.line("stdout", "a");
  await log.close();
  expect(calls).toBe(1);
});
