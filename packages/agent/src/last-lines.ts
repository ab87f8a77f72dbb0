import { MAX_LAST_LINES } from "@homeport/clusters/contract.ts";

const MAX_LINE_CHARS = 1000;
const MAX_TOTAL_CHARS = 16_384;

/** The newest lines that fit a report: at most 50, each and all together bounded, oldest first. */
export const boundLines = (lines: string[]): string[] => {
  const kept: string[] = [];
  let room = MAX_TOTAL_CHARS;
  for (const line of lines.slice(-MAX_LAST_LINES).reverse()) {
    const text = line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS - 1)}…` : line;
    room -= text.length;
    if (room < 0) break;
    kept.push(text);
  }
  return kept.reverse();
};
