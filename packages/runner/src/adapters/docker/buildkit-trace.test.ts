import { expect, test } from "bun:test";
import { decodeTrace } from "./buildkit-trace.ts";

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
const message = (field: number, content: number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, value: string): number[] => message(field, [...new TextEncoder().encode(value)]);
const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const base64 = (...parts: number[][]): string => Buffer.from(parts.flat()).toString("base64");

test("steps and output are read, what is unknown is passed over", () => {
  const step = [
    ...text(1, "sha256:a"),
    ...text(2, "input"),
    ...text(3, "RUN é"),
    ...number(4, 1),
    ...message(5, number(1, 5)),
    ...text(7, "bad"),
    ...message(8, []),
  ];
  const output = [...text(1, "sha256:a"), ...message(2, []), ...number(3, 2), ...text(4, "hello ".repeat(50))];
  const other = [...varint(9 * 8 + 1), 1, 2, 3, 4, 5, 6, 7, 8, ...varint(10 * 8 + 5), 1, 2, 3, 4, ...number(300, 1)];
  expect(decodeTrace(base64(message(1, step), other, message(2, text(1, "x")), message(3, output)))).toEqual({
    steps: [{ id: "sha256:a", name: "RUN é", cached: true, started: true, completed: false, error: "bad" }],
    output: [{ stepId: "sha256:a", isError: true, text: new TextEncoder().encode("hello ".repeat(50)) }],
  });
});

for (const damaged of [
  "",
  "////",
  base64(message(1, [])).slice(0, 2),
  base64([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
]) {
  test(`a damaged message ${JSON.stringify(damaged)} ends without an error`, () => {
    expect(decodeTrace(damaged).output).toEqual([]);
  });
}
