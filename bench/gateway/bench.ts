import type { Bed } from "./bed.ts";
import type { Options } from "./options.ts";
import type { Work } from "./series.ts";
import type { Homeport } from "./start-homeport.ts";
import type { Targets, Upstream } from "./target.ts";
import { type Load, runWrk } from "./wrk.ts";

/** What every part of the benchmark works with. */
export type Bench = {
  bed: Bed;
  wrk: string;
  options: Options;
  upstream: Upstream;
  targets: Targets;
  homeport: Homeport;
};

/** A series' work by wrk, counted in requests. The load may differ by target. */
export const requests =
  ({ bed, wrk }: Bench, load: (target: Parameters<Work>[0]) => Load): Work =>
  async (target, seconds) => {
    const { requests: count, durationMs, failed } = await runWrk(bed, wrk, target, load(target), seconds);
    return { count, durationMs, failed };
  };
