import type { Answer } from "../matrix/platform.ts";
import { bodyOf } from "./house.ts";

export const AT_ONCE = 100;

/** Asks a hundred times at once. */
export const atOnce = (ask: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, index) => ask(index)));

/** How many answers have which status. */
export const tally = (answers: readonly Answer[]): Record<number, number> => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** What answers say that are our failure, each sentence once. */
export const brokenOf = (answers: readonly Answer[]): string[] => [
  ...new Set(
    answers
      .filter(({ status }) => status >= 500)
      .map((answer) => `${answer.status} ${bodyOf<{ detail: string }>(answer).detail}`),
  ),
];
