import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from "node:zlib";
import fc from "fast-check";
import { until } from "../../test/until.ts";
import type { Encoding } from "./accept-encoding.ts";
import { Compressor } from "./compressor.ts";

const ENCODINGS: readonly Encoding[] = ["zstd", "br", "gzip"];
const decode = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
const createDecoder = { zstd: createZstdDecompress, br: createBrotliDecompress, gzip: createGunzip };

/** A compressor and what came out of it. */
function compressor(encoding: Encoding) {
  const said: string[] = [];
  const chunks: Buffer[] = [];
  const subject = new Compressor(encoding, {
    onData: (chunk) => void chunks.push(chunk),
    onEnd: () => void said.push("end"),
    onError: (err) => void said.push(err.message),
  });
  return { subject, said, output: () => Buffer.concat(chunks) };
}

test.each(ENCODINGS)("%s: any body in any pieces comes out as it went in", async (encoding) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 8 }), async (pieces) => {
      const { subject, said, output } = compressor(encoding);
      for (const piece of pieces) subject.write(Buffer.from(piece));
      subject.end();
      await until("the body is compressed", () => said.length > 0);
      expect(said).toEqual(["end"]);
      expect(decode[encoding](output())).toEqual(Buffer.concat(pieces));
    }),
    { numRuns: 30 },
  );
});

test.each(ENCODINGS)("%s: each piece of a slow stream can be read before the next one comes", async (encoding) => {
  const { subject, output } = compressor(encoding);
  const decoder = createDecoder[encoding]();
  let text = "";
  decoder.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  let shown = 0;
  for (const line of ["first\n", "second\n", "third\n"]) {
    subject.write(Buffer.from(line));
    await until(`"${line.trim()}" was read`, () => {
      const bytes = output();
      if (bytes.length > shown) decoder.write(bytes.subarray(shown));
      shown = bytes.length;
      return text.endsWith(line);
    });
  }
  subject.destroy();
  decoder.destroy();
});

test.each(ENCODINGS)("%s: a fast stream is not flushed for each piece", async (encoding) => {
  const lines = Array.from({ length: 2_000 }, (_, index) => `{"id":${index},"name":"user ${(index * 7) % 100}"}\n`);
  const { subject, said, output } = compressor(encoding);
  for (const line of lines) subject.write(Buffer.from(line));
  subject.end();
  await until("the body is compressed", () => said.length > 0);
  expect(output().length).toBeLessThan(Buffer.byteLength(lines.join("")) / 5);
});

test.each(ENCODINGS)("%s: a writer is held back by a reader that stops, and goes on with it", async (encoding) => {
  const { subject, said, output } = compressor(encoding);
  subject.pause();
  const piece = randomBytes(20_000);
  let written = 0;
  let drained = 0;
  subject.onDrain = () => drained++;
  while (subject.write(piece)) expect(++written).toBeLessThan(50);
  written++;
  subject.resume();
  await until("there is room again", () => drained > 0);
  subject.end();
  await until("the body is compressed", () => said.length > 0);
  expect(decode[encoding](output()).length).toBe(written * piece.length);
});

test.each(ENCODINGS)("%s: nothing is heard of a destroyed one, and its memory is free again", async (encoding) => {
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 10; round++) {
    const all = Array.from({ length: 40 }, () => compressor(encoding));
    for (const { subject } of all) subject.write(Buffer.alloc(60_000, "abc"));
    // Some in the middle of their work, some after it.
    if (round % 2 === 0) await until("something came", () => all.every(({ output }) => output().length > 0));
    const sizes = all.map(({ subject, output }) => {
      subject.destroy();
      return output().length;
    });
    for (const { subject } of all) {
      subject.destroy();
      subject.end();
      expect(subject.write(Buffer.from("late"))).toBe(false);
    }
    await until("all are closed", () => Compressor.openCount === 0);
    expect(all.map(({ output }) => output().length)).toEqual(sizes);
    expect(all.flatMap(({ said }) => said)).toEqual([]);
  }
  Bun.gc(true);
  // 400 streams of 400 KB and more; with a leak of each it would be 160 MB at least.
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test("there is room for a bounded number at once", async () => {
  const all: Compressor[] = [];
  while (Compressor.hasRoom()) {
    all.push(compressor("gzip").subject);
    expect(all.length).toBeLessThan(1_000);
  }
  all[0]?.destroy();
  await until("there is room again", () => Compressor.hasRoom());
  for (const one of all) one.destroy();
  await until("all are closed", () => Compressor.openCount === 0);
});
