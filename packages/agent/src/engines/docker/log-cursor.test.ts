import { expect, test } from "bun:test";
import type { LogStream } from "../../ports.ts";
import { advance, createSkipper, type LogCursor, readCursor, START, sinceOf, writeCursor } from "./log-cursor.ts";

const at = (nanos: number): string => `2026-11-20T12:00:00.${String(nanos).padStart(9, "0")}Z`;

type Message = [stream: LogStream, at: string];

/** A log with several messages of one moment, and streams that are slightly out of order. */
const messages: Message[] = [
  ["stdout", at(1)],
  ["stdout", at(1)],
  ["stderr", at(5)],
  ["stdout", at(3)],
  ["stdout", at(3)],
  ["stderr", at(5)],
  ["stdout", at(9)],
];

test.each(messages.map((_, index) => index))("reopened after message %d, the log goes on with the next", (taken) => {
  let cursor: LogCursor = START;
  for (const [stream, time] of messages.slice(0, taken)) cursor = advance(cursor, stream, time);
  const isTaken = createSkipper(readCursor(writeCursor(cursor)));
  // the engine gives everything from `since` on, which here is the whole log
  expect(messages.filter(([stream, time]) => !isTaken(stream, time))).toEqual(messages.slice(taken));
});

test.each([
  { name: "nothing was taken", cursor: START, since: null },
  { name: "one stream", cursor: { stdout: { at: at(0), taken: 1 }, stderr: null }, since: "1795175999.000" },
  {
    name: "both streams close together",
    cursor: { stdout: { at: at(600_000_000), taken: 1 }, stderr: { at: at(0), taken: 1 } },
    since: "1795176000.000",
  },
  {
    name: "one stream silent for long",
    cursor: { stdout: { at: "2026-11-20T13:00:00.000000000Z", taken: 1 }, stderr: { at: at(0), taken: 1 } },
    since: "1795179599.000",
  },
])("since: $name", ({ cursor, since }) => {
  expect(sinceOf(cursor)).toBe(since);
});

test("a cursor that cannot be read stands for the start", () => {
  for (const text of ["", "nonsense", "{}", '{"stdout":{"at":1}}']) expect(readCursor(text)).toEqual(START);
  expect(readCursor(null)).toEqual(START);
});
