import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** A file, or the part of one between two markers, that is made from the code. */
export type Generated = { file: string; marker: string | null; content: string };

/** How to bring generated files up to date; named by every violation of theirs. */
export const REGENERATE = "Run `bun packages/kit/src/checks/cli.ts --write` and look at the difference.";

export const checkGenerated = (tree: Tree, rule: string, generated: Generated): Violation[] => {
  const text = tree.files.get(generated.file)?.text;
  const at = { rule, file: generated.file };
  if (text === undefined && generated.marker === null) {
    return [{ ...at, line: 1, problem: "is missing.", instead: REGENERATE }];
  }
  const wanted = applyGenerated(text ?? "", generated);
  if (wanted === null) {
    const instead = `Write \`${begin(generated.marker ?? "")}\` and \`${end(generated.marker ?? "")}\` where it belongs.`;
    return [{ ...at, line: 1, problem: `has no place for the generated "${generated.marker}".`, instead }];
  }
  if (wanted === text) return [];
  return [{ ...at, line: firstDifference(text ?? "", wanted), problem: "differs from the code.", instead: REGENERATE }];
};

/** The whole text with the generated part in place; null when the markers are missing. */
export const applyGenerated = (text: string, { marker, content }: Generated): string | null => {
  if (marker === null) return content;
  const from = text.indexOf(begin(marker));
  const to = text.indexOf(end(marker));
  if (from === -1 || to < from) return null;
  return `${text.slice(0, from + begin(marker).length)}\n${content}${text.slice(to)}`;
};

const begin = (marker: string): string => `<!-- ${marker}:begin -->`;
const end = (marker: string): string => `<!-- ${marker}:end -->`;

const firstDifference = (text: string, wanted: string): number => {
  const lines = wanted.split("\n");
  const at = text.split("\n").findIndex((line, i) => line !== lines[i]);
  return at === -1 ? 1 : at + 1;
};

/** A Markdown table; cells must not hold line breaks. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(escapeCell).join(" | ")} |\n`).join("");

const escapeCell = (cell: string): string => cell.replaceAll("|", "\\|").replaceAll("\n", " ");
