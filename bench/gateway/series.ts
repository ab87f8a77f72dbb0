import { median } from "../report.ts";
import { cpuSecondsDuring } from "./process-tree.ts";
import type { Target } from "./target.ts";

/** What one target did in one round; `count` is in the unit of the series: requests, MiB or messages. */
export type Done = { count: number; durationMs: number; failed: number };
export type Work = (target: Target, seconds: number) => Promise<Done>;

type Sample = { perSecond: number; cpuMicros: number; failed: number };
export type Figure = "perSecond" | "cpuMicros";

/** The middle of all rounds, and the lowest and highest of them. */
export type Spread = { middle: number; low: number; high: number };

const WARM_UP_SECONDS = 1;

/** Samples of several targets, taken in turns: A B C, A B C. Round by round they saw the same machine. */
export class Series {
  private constructor(private readonly samples: ReadonlyMap<Target, Sample[]>) {}

  /** @throws {Error} when a target did nothing at all in a round */
  static async run(
    targets: readonly Target[],
    work: Work,
    { rounds, seconds }: { rounds: number; seconds: number },
  ): Promise<Series> {
    const samples = new Map(targets.map((target) => [target, [] as Sample[]]));
    for (const target of targets) await work(target, WARM_UP_SECONDS);
    for (let round = 0; round < rounds; round += 1) {
      for (const [target, taken] of samples) taken.push(await sample(target, work, seconds));
    }
    return new Series(samples);
  }

  of(target: Target, figure: Figure): Spread {
    return spread(this.valuesOf(target, figure));
  }

  /** The ratio is taken within each round, so what slowed the machine down for a while does not favour one of the two. */
  ratio(of: Target, to: Target, figure: Figure): Spread {
    const others = this.valuesOf(to, figure);
    return spread(this.valuesOf(of, figure).map((value, round) => value / (others[round] ?? Number.NaN)));
  }

  failures(target: Target): number {
    return (this.samples.get(target) ?? []).reduce((sum, { failed }) => sum + failed, 0);
  }

  get targets(): Target[] {
    return [...this.samples.keys()];
  }

  private valuesOf(target: Target, figure: Figure): number[] {
    return (this.samples.get(target) ?? []).map((sample) => sample[figure]);
  }
}

const sample = async (target: Target, work: Work, seconds: number): Promise<Sample> => {
  const { cpu, result } = await cpuSecondsDuring(target.pid, () => work(target, seconds));
  if (result.count === 0) throw new Error(`${target.name} answered nothing.`);
  return {
    perSecond: (result.count / result.durationMs) * 1_000,
    cpuMicros: (cpu * 1_000_000) / result.count,
    failed: result.failed,
  };
};

const spread = (values: readonly number[]): Spread => ({
  middle: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
});
