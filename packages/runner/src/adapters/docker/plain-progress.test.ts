import { expect, test } from "bun:test";
import { plainProgress } from "./plain-progress.ts";

const read = (text: string) => {
  const lines: string[] = [];
  const progress = plainProgress((_, line) => void lines.push(line));
  for (const line of text.split("\n")) progress.take(line);
  return { lines, step: progress.lastStep(), words: progress.lastWords() };
};

/** As Docker 20.10 prints it. */
const FAILED = `#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 44B done
#1 DONE 0.1s

#4 [1/3] FROM docker.io/library/busybox
#4 CACHED

#5 [2/3] RUN echo fine
#5 0.312 fine#5 DONE 0.4s

#6 [3/3] RUN printf 'a\\nb\\n'; exit 7
#6 0.401 a
#6 0.402 #5 DONE 0.4s
#6 ERROR: executor failed running [/bin/sh -c printf 'a
b'; exit 7]: exit code: 7
------
 > [3/3] RUN printf:
#6 0.401 a
------
executor failed running [/bin/sh -c printf 'a
b'; exit 7]: exit code: 7`;

test("steps and what they print are lines, bookkeeping is none", () => {
  expect(read(FAILED.split("#6 ERROR")[0] ?? "").lines).toEqual([
    "FROM docker.io/library/busybox",
    "FROM docker.io/library/busybox (unchanged, taken from cache)",
    "RUN echo fine",
    "fine",
    "RUN printf 'a\\nb\\n'; exit 7",
    "a",
    "#5 DONE 0.4s", // of another step: it was printed by this one
  ]);
});

test("the step that failed is known, and the last words are whole", () => {
  const { step, words } = read(FAILED);
  expect(step.name).toBe("RUN printf 'a\\nb\\n'; exit 7");
  expect(step.lines).toContain("a");
  expect(words).toEndWith("exit code: 7");
});

test("a newer client's last words are read too", () => {
  const { words } = read(
    'ERROR: failed to solve: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
  );
  expect(words).toBe('failed to solve: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7');
});
