import type { Figure, Series, Spread } from "./series.ts";
import type { Target } from "./target.ts";

/** Rows of a report by their names. */
export type Rows = Record<string, string>;

/** What is to be reached, with the side on which it lies. */
export type Goal = { atMost: number } | { atLeast: number };

const goalText = (goal: Goal): string =>
  "atMost" in goal ? `to reach: ≤ ${goal.atMost}` : `to reach: ≥ ${goal.atLeast}`;

const isReached = (value: number, goal: Goal): boolean =>
  "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast;

/** A figure beside its goal. */
export const besideGoal = (value: number, shown: string, goal: Goal | null): string =>
  goal === null ? shown : `${shown}, ${goalText(goal)}${isReached(value, goal) ? "" : ", missed"}`;

/** What every target did per second, and what it cost. `unit` is that of the series' count. */
export const targetRows = (series: Series, unit: string): Rows =>
  Object.fromEntries(
    series.targets.map((target) => {
      const rate = series.of(target, "perSecond").middle;
      const cpu = series.of(target, "cpuMicros").middle;
      const failed = series.failures(target);
      const warning = failed === 0 ? "" : `, ${failed} FAILED`;
      return [target.name, `${rounded(cpu)} µs CPU per ${unit}, ${rounded(rate)} per second${warning}`];
    }),
  );

const FIGURE_NAMES: Record<Figure, string> = { cpuMicros: "CPU", perSecond: "per second" };

export const ratioRow = (series: Series, of: Target, to: Target, figure: Figure, goal: Goal | null = null): Rows => {
  const ratio = series.ratio(of, to, figure);
  return { [`${of.name} / ${to.name}: ${FIGURE_NAMES[figure]}`]: besideGoal(ratio.middle, ratioText(ratio), goal) };
};

const ratioText = ({ middle, low, high }: Spread): string =>
  `${middle.toFixed(2)} × (${low.toFixed(2)} to ${high.toFixed(2)})`;

const rounded = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
