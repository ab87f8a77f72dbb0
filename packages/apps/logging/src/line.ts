import type { AppendLine } from "./contract.ts";
import { MAX_LINE_BYTES } from "./limits.ts";

/** A line without its number, which its place in the stream gives it. */
export type Line = { at: Date; stream: "stdout" | "stderr"; replica: string | null; text: string };
export type NumberedLine = Line & { n: number };

/** A line of a writer as it is kept: text that every store and reader can take, within the limit. */
export const toLine = ({ at, stream, replica, text }: AppendLine): Line => ({
  at: new Date(at),
  stream,
  replica: replica ?? null,
  text: cut(text.replaceAll("\0", "\uFFFD").toWellFormed()),
});

const cut = (text: string): string => {
  // A character takes at most three bytes for each UTF-16 unit, so most lines need no counting.
  if (text.length * 3 <= MAX_LINE_BYTES) return text;
  const size = Buffer.byteLength(text);
  if (size <= MAX_LINE_BYTES) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_LINE_BYTES));
  return `${text.slice(0, read)} [cut: the line has ${size} bytes]`;
};

export const bytesOf = (line: Line): number => Buffer.byteLength(line.text);

/** A line of ours in somebody's log. */
export const noteLine = (text: string, now: Date): Line => ({
  at: now,
  stream: "stderr",
  replica: null,
  text: `[homeport] ${text}`,
});

const ESC = "\u001b";
/** Colours and cursor movements (ECMA-48 section 5.4) and operating system commands, such as titles and links. */
const CONTROL = new RegExp(`${ESC}\\[[0-?]*[ -/]*[@-~]|${ESC}\\][^\\u0007${ESC}]*(?:\\u0007|${ESC}\\\\)?`, "g");

/** Which lines a search is after. */
export type LineFilter = { text: string | null; from: Date | null; to: Date | null };

/** Makes the test for a filter; null when every line passes. */
export const matcherOf = ({ text, from, to }: LineFilter): ((line: Line) => boolean) | null => {
  if (text === null && from === null && to === null) return null;
  const wanted = text?.toLowerCase() ?? null;
  return (line) => {
    if (from !== null && line.at < from) return false;
    if (to !== null && line.at > to) return false;
    if (wanted === null) return true;
    const shown = line.text.includes(ESC) ? line.text.replaceAll(CONTROL, "") : line.text;
    return shown.toLowerCase().includes(wanted);
  };
};
