import { expect, test } from "bun:test";
import { explainExit } from "./exit-reason.ts";

const at = new Date(0);

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
  const reason = explainExit({ code, oomKilled: false, at }, undefined, ["the end"]);
  expect(reason).toMatchObject({ code: "crashed", exitCode: code, lastLines: ["the end"] });
  expect(reason.message).toMatch(says);
  expect(reason.signal).toBe(signal as never);
});

test("a death by lack of memory names the limit", () => {
  const reason = explainExit({ code: 137, oomKilled: true, at }, 256, []);
  expect(reason).toMatchObject({ code: "out_of_memory", exitCode: 137, signal: "SIGKILL" });
  expect(reason.message).toContain("256 MiB");
  expect(reason).not.toHaveProperty("lastLines");
});

test("an end that nobody saw is told as such", () => {
  const reason = explainExit({ code: null, oomKilled: false, at }, undefined, []);
  expect(reason.message).toContain("not known");
  expect(reason).not.toHaveProperty("exitCode");
});
