import { afterAll, beforeEach, expect, test } from "bun:test";
import { appendFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogEntry } from "../../ports.ts";
import { followFiles, type LogFiles, tailFiles, trimLog } from "./log-file.ts";

const base = await mkdtemp(join(tmpdir(), "homeport-log-"));
afterAll(() => rm(base, { recursive: true, force: true }));

let files: LogFiles;
let dropped: { stdout: number; stderr: number };
beforeEach(async () => {
  const dir = await mkdtemp(join(base, "case-"));
  files = { stdout: join(dir, "stdout.log"), stderr: join(dir, "stderr.log") };
  dropped = { stdout: 0, stderr: 0 };
  writeFileSync(files.stdout, "");
  writeFileSync(files.stderr, "");
});

const never = new AbortController().signal;

/** Everything after the cursor of a replica that has ended. */
const read = async (cursor: string | null = null): Promise<LogEntry[]> => {
  const entries: LogEntry[] = [];
  for await (const entry of followFiles(
    files,
    cursor,
    () => dropped,
    () => true,
    never,
  ))
    entries.push(entry);
  return entries;
};
const textOf = (entries: LogEntry[]): string[] => entries.map(({ stream, text }) => `${stream}: ${text}`);

test("whole lines of both files are read, and a last one without its end", async () => {
  appendFileSync(files.stdout, "one\r\n\ntwo");
  appendFileSync(files.stderr, "ü three\n");
  expect(textOf(await read())).toEqual(["stdout: one", "stdout: ", "stdout: two", "stderr: ü three"]);
});

test("a cursor goes on after its line, in both files", async () => {
  appendFileSync(files.stdout, "a\nb\n");
  appendFileSync(files.stderr, "c\n");
  const [first] = await read();
  expect(textOf(await read(first!.cursor))).toEqual(["stdout: b", "stderr: c"]);
  appendFileSync(files.stdout, "d\n");
  expect(textOf(await read((await read()).at(-1)!.cursor))).toEqual([]);
});

test("half a line waits for its other half", async () => {
  let over = false;
  appendFileSync(files.stdout, "first\nhal");
  const seen: string[] = [];
  for await (const { text } of followFiles(
    files,
    null,
    () => dropped,
    () => over,
    never,
  )) {
    seen.push(text);
    if (text === "first") {
      appendFileSync(files.stdout, "ves\n");
      over = true;
    }
  }
  expect(seen).toEqual(["first", "halves"]);
});

test("an endless line is cut, and nothing of it is lost", async () => {
  appendFileSync(files.stdout, `${"x".repeat(150_000)}\nend\n`);
  const texts = (await read()).map(({ text }) => text);
  expect(texts.map(({ length }) => length)).toEqual([65_536, 65_536, 18_928, 3]);
});

test("a log of many megabytes arrives whole", async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) => `line number ${index} with some words`);
  appendFileSync(files.stdout, `${lines.join("\n")}\n`);
  expect((await read()).map(({ text }) => text)).toEqual(lines);
});

test("a log that grew too large lets go of its beginning, and every offset stays true", async () => {
  const line = `${"x".repeat(1023)}\n`;
  appendFileSync(files.stdout, line.repeat(33 * 1024));
  appendFileSync(files.stdout, "the newest line\n");
  const size = statSync(files.stdout).size;
  dropped.stdout = await trimLog(files.stdout, 0);
  expect(dropped.stdout).toBeGreaterThan(16 * 1024 * 1024);
  expect(statSync(files.stdout).size).toBe(size);
  expect(statSync(files.stdout).blocks * 512).toBeLessThan(17 * 1024 * 1024);
  const entries = await read();
  expect(entries[0]?.text).toBe(
    `[homeport] ${dropped.stdout} bytes of this log were dropped because nobody could take them in time.`,
  );
  expect(entries.at(-1)?.text).toBe("the newest line");
  expect(entries.slice(1).every(({ text }) => !text.includes("\0"))).toBe(true);
  expect(await trimLog(files.stdout, dropped.stdout)).toBe(dropped.stdout); // nothing more to do
});

test("a log that was emptied is read from its new beginning", async () => {
  appendFileSync(files.stdout, "before\n");
  const cursor = (await read()).at(-1)!.cursor;
  truncateSync(files.stdout, 0);
  appendFileSync(files.stdout, "new\n");
  expect(textOf(await read(cursor))).toEqual(["stdout: new"]);
});

test("following ends when it is told to", async () => {
  appendFileSync(files.stdout, "one\n");
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { text } of followFiles(
    files,
    null,
    () => dropped,
    () => false,
    stop.signal,
  )) {
    seen.push(text);
    stop.abort();
  }
  expect(seen).toEqual(["one"]);
});

test("the tail has stderr last and skips what was dropped", async () => {
  appendFileSync(files.stdout, "a\nb\nc\n");
  appendFileSync(files.stderr, "d\ne\n");
  expect(await tailFiles(files, dropped, 4)).toEqual(["b", "c", "d", "e"]);
  expect(await tailFiles(files, { stdout: 4, stderr: 0 }, 50)).toEqual(["c", "d", "e"]);
  expect(await tailFiles({ stdout: "/nowhere", stderr: "/nowhere" }, dropped, 50)).toEqual([]);
});
