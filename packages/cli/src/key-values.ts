import { readStdin } from "./stdin.ts";
import { UsageError } from "./usage-error.ts";

/** A value as it was given: `typed` on the command line, where the shell's history and every process list has it. */
export type KeyValue = { key: string; text: string; isTyped: boolean };

const MAX_FILE_BYTES = 1024 * 1024;

/** What every command that takes such pairs says about them. */
export const KEY_VALUE_HELP =
  "\nKEY=@FILE takes the value from a file and KEY=- from standard input, each without the line break at its end.";

/** @throws {UsageError} for what is no pair, a file that cannot be read, and standard input asked for twice */
export const readKeyValues = async (pairs: readonly string[]): Promise<KeyValue[]> => {
  const split = pairs.map(splitPair);
  if (split.filter(({ text }) => text === "-").length > 1) {
    throw new UsageError("Standard input can be the value of one KEY only.");
  }
  return Promise.all(split.map(({ key, text }) => readValue(key, text)));
};

const splitPair = (pair: string): { key: string; text: string } => {
  const at = pair.indexOf("=");
  // Not repeated: what has no = may be a secret that was typed alone.
  if (at < 1) throw new UsageError("One of the arguments is not KEY=VALUE.");
  return { key: pair.slice(0, at), text: pair.slice(at + 1) };
};

const readValue = async (key: string, text: string): Promise<KeyValue> => {
  if (text === "-") return { key, text: withoutLineEnd(await readStdin(`${key}=-`)), isTyped: false };
  if (text.startsWith("@")) return { key, text: withoutLineEnd(await readTextFile(text.slice(1))), isTyped: false };
  return { key, text, isTyped: true };
};

/** @throws {UsageError} */
export const readTextFile = async (path: string): Promise<string> => {
  const file = Bun.file(path);
  if (file.size > MAX_FILE_BYTES) throw new UsageError(`${path} is larger than 1 MiB.`);
  return await file.text().catch((err: Error) => {
    throw new UsageError(`${path} cannot be read: ${err.message}`);
  });
};

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "");
