import { createReadStream } from "node:fs";
import { UsageError } from "./usage-error.ts";

/** A line of an audit log's export is at most some 400 KiB: 64 KiB of text, written as JSON in JSON. */
const MAX_LINE = 1024 * 1024;

/** The lines of a text file of any size, or of standard input when it is `-`. @throws {UsageError} */
export async function* readLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of path === "-" ? process.stdin : createReadStream(path)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
      if (rest.length > MAX_LINE) throw new UsageError(`${path} has a line that is too long.`);
    }
  } catch (err) {
    if (err instanceof UsageError) throw err;
    throw new UsageError(`${path} cannot be read: ${err instanceof Error ? err.message : err}`);
  }
  if (rest !== "") yield rest;
}
