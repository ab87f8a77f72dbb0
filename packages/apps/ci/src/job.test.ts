import { expect, test } from "bun:test";
import type { JobId } from "@homeport/kit/ids.ts";
import { boundReason, judgeOverdue, type OverdueJob, withoutCredentials } from "./job.ts";

const overdue = (changes: Partial<OverdueJob>): OverdueJob => ({
  id: "0190a5b4-0000-7000-8000-000000000000" as JobId,
  kind: "build",
  attempt: 1,
  maxAttempts: 2,
  timeoutSeconds: 1800,
  cancelRequested: false,
  timedOut: false,
  ...changes,
});

const VERDICTS = [
  { name: "a lost runner's first try goes back into the queue", job: {}, verdict: { state: "queued" } },
  {
    name: "the last try fails",
    job: { attempt: 2 },
    verdict: {
      state: "failed",
      reason: {
        code: "runner_lost",
        message: "The runner stopped answering while it worked on this build. It was tried 2 times.",
      },
    },
  },
  {
    name: "a build that takes too long is not tried again",
    job: { timedOut: true },
    verdict: {
      state: "failed",
      reason: { code: "timed_out", message: "The build did not finish within its time limit of 30 minutes." },
    },
  },
  {
    name: "a cancelled build whose runner is gone is cancelled",
    job: { cancelRequested: true, attempt: 2 },
    verdict: { state: "cancelled" },
  },
  {
    name: "so is one that took too long as well",
    job: { cancelRequested: true, timedOut: true },
    verdict: { state: "cancelled" },
  },
];
test.each(VERDICTS)("$name", ({ job, verdict }) => {
  expect(judgeOverdue(overdue(job))).toEqual(verdict as ReturnType<typeof judgeOverdue>);
});

test("a reason keeps the last of its lines that fit into an event", () => {
  const lines = Array.from({ length: 50 }, (_, n) => `${n} ${"\u001b".repeat(3000)}`);
  const bounded = boundReason({ code: "exit", message: "It failed.", lastLines: lines });
  expect(JSON.stringify(bounded).length).toBeLessThan(64 * 1024);
  expect(bounded.lastLines?.length).toBeGreaterThan(0);
  expect(bounded.lastLines?.at(-1)).toBe(lines.at(-1));
  const short = { code: "exit", message: "It failed.", lastLines: ["a", "b"] };
  expect(boundReason(short)).toEqual(short);
});

const URLS = [
  { url: "https://me:secret@forge.example/a.git", shown: "https://forge.example/a.git" },
  { url: "ssh://git@forge.example/a.git", shown: "ssh://forge.example/a.git" },
  { url: "https://forge.example/a@b.git", shown: "https://forge.example/a@b.git" },
  { url: "https://a@b@forge.example/a.git", shown: "https://forge.example/a.git" },
  { url: "git@forge.example:a.git", shown: "git@forge.example:a.git" },
];
test.each(URLS)("$url is shown as $shown", ({ url, shown }) => {
  expect(withoutCredentials(url)).toBe(shown);
});
