/** One broken rule: what is wrong where, and what to do instead. `line` counts from 1. */
export type Violation = { rule: string; file: string; line: number; problem: string; instead: string };

/** `packages/x.ts:12  no-shell  "sh -c" runs a shell string. Run an argv array …` */
export const formatViolation = (violation: Violation): string =>
  `${violation.file}:${violation.line}  ${violation.rule}  ${violation.problem} ${violation.instead}`;

/** By file, then line, so that the report reads like the tree. */
export const compareViolations = (a: Violation, b: Violation): number =>
  a.file.localeCompare(b.file) || a.line - b.line || a.rule.localeCompare(b.rule);

/** The line on which `needle` first stands in `text`; 1 when it does not. */
export const lineOf = (text: string, needle: string): number => {
  const at = text.indexOf(needle);
  return at === -1 ? 1 : text.slice(0, at).split("\n").length;
};
