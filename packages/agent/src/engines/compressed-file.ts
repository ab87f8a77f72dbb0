import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";

/** Writes a new file, compressed with zstd, readable by the agent alone. It is on disk when this returns. */
export const writeCompressed = async (
  file: string,
  input: ReadableStream<Uint8Array> | Readable,
  signal: AbortSignal,
): Promise<void> => {
  const source = input instanceof Readable ? input : Readable.from(input);
  await pipeline(source, createZstdCompress(), createWriteStream(file, { flags: "wx", mode: 0o600 }), { signal });
  const written = await open(file, "r");
  try {
    await written.sync(); // it may be the only copy by the time the power goes
  } finally {
    await written.close();
  }
};

/** What `writeCompressed` was given. */
export async function* readCompressed(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const source = createReadStream(file);
  const plain = createZstdDecompress();
  const piping = pipeline(source, plain, { signal });
  piping.catch(() => undefined); // the reader below sees it
  for await (const chunk of plain) yield chunk;
  await piping;
}
