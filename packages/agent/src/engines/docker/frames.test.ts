import { expect, test } from "bun:test";
import { readFrames } from "./frames.ts";

const frame = (stream: 1 | 2, text: string): Uint8Array => {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(payload.byteLength, 4);
  return Buffer.concat([head, payload]);
};

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.slice(at, at + size);
}

const read = async (source: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const frames: string[] = [];
  for await (const { stream, payload } of readFrames(source))
    frames.push(`${stream}:${Buffer.from(payload).toString()}`);
  return frames;
};

const bytes = Buffer.concat([frame(1, "one\n"), frame(2, "two\n"), frame(1, ""), frame(1, "ü".repeat(1000))]);
const expected = ["stdout:one\n", "stderr:two\n", "stdout:", `stdout:${"ü".repeat(1000)}`];

test.each([1, 3, 7, 8, 9, 64, 100_000])("frames are whole however the bytes arrive (%d at a time)", async (size) => {
  expect(await read(chunksOf(bytes, size))).toEqual(expected);
});

test("a frame that is cut off is left out", async () => {
  expect(await read(chunksOf(bytes.subarray(0, 20), 100))).toEqual(["stdout:one\n"]);
});

test("a hundred thousand tiny frames in one chunk are no trouble", async () => {
  const many = Buffer.concat(Array.from({ length: 100_000 }, () => frame(1, "x")));
  expect(await read(chunksOf(many, many.byteLength))).toHaveLength(100_000);
});

test("a length that no log has is an error, not a buffer of that size", async () => {
  await expect(read(chunksOf(Buffer.from([1, 0, 0, 0, 255, 255, 255, 255]), 8))).rejects.toThrow(/too large/);
});
