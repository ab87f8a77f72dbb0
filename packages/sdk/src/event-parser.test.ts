import { describe, expect, test } from "bun:test";
import { createEventParser, type ServerSentEvent } from "./event-parser.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string, size = Number.POSITIVE_INFINITY): ServerSentEvent[] => {
  const parser = createEventParser();
  const bytes = encode(text);
  const events: ServerSentEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...parser.take(bytes.slice(at, at + size)));
  return events;
};
const message = (data: string, more: Partial<ServerSentEvent> = {}) => ({ id: "", event: "message", data, ...more });

const rows: { name: string; text: string; events: ServerSentEvent[] }[] = [
  { name: "a message", text: "data: a\n\n", events: [message("a")] },
  { name: "id, type and data", text: "id: 7\nevent: x\ndata: {}\n\n", events: [{ id: "7", event: "x", data: "{}" }] },
  { name: "two in one piece", text: "data: a\n\ndata: b\n\n", events: [message("a"), message("b")] },
  { name: "several lines of data", text: "data: a\ndata:b\ndata:  c\n\n", events: [message("a\nb\n c")] },
  {
    name: "an id that stays until the next",
    text: "id: 7\ndata: a\n\ndata: b\n\n",
    events: [message("a", { id: "7" }), message("b", { id: "7" })],
  },
  { name: "an event without data", text: "event: end\n\n", events: [{ id: "", event: "end", data: "" }] },
  { name: "empty data", text: "data\n\n", events: [message("")] },
  { name: "colons in the data", text: "data: a:b: c\n\n", events: [message("a:b: c")] },
  {
    name: "lines that end as on other systems",
    text: "id: 1\r\ndata: a\r\n\r\ndata: b\r\rdata: c\n\n",
    events: [message("a", { id: "1" }), message("b", { id: "1" }), message("c", { id: "1" })],
  },
  { name: "letters of several bytes", text: "data: größe 😀\n\n", events: [message("größe 😀")] },
];
for (const { name, text, events } of rows) {
  describe(`a stream with ${name}`, () => {
    test("arriving whole", () => expect(parse(text)).toEqual(events));
    for (const size of [1, 2, 3, 5]) {
      test(`cut into pieces of ${size} bytes`, () => expect(parse(text, size)).toEqual(events));
    }
  });
}

const silent: { name: string; text: string }[] = [
  { name: "comments", text: ": quiet\n\n:\n\n" },
  { name: "the time to wait, and fields nobody knows", text: "retry: 1000\nfoo: bar\n\n" },
  { name: "a message that has not ended", text: "data: a\n" },
  { name: "nothing", text: "\n\n\n" },
];
for (const { name, text } of silent) {
  test(`${name}: no event`, () => expect(parse(text)).toEqual([]));
}

test("a message without end is refused, in one line or in many", () => {
  expect(() => parse(`data: ${"x".repeat(2 * 1024 * 1024)}`, 64 * 1024)).toThrow("too long");
  expect(() => parse(`data: ${"x".repeat(1000)}\n`.repeat(1200), 64 * 1024)).toThrow("too long");
});

test("many messages are not one long one", () => {
  expect(parse(`data: ${"x".repeat(1000)}\n\n`.repeat(1200), 64 * 1024)).toHaveLength(1200);
});
