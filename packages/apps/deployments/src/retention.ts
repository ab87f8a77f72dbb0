import type { ReleaseId } from "@homeport/kit/ids.ts";
import type { ReleaseState } from "./release.ts";

/**
 * The rule: of the releases of a service in an environment that were live, the newest `keptCount` are kept whatever their
 * age, and of those before them the ones younger than `keepDays` days, up to five times `keptCount` in all. What is live,
 * what was live before it, what somebody keeps by hand and what is in use are kept besides and count for nothing. A
 * release that never went live is no way back: it is kept for a day.
 */
export type RetentionRule = { keptCount: number; keepDays: number };

/** Who deploys a hundred times a day fills a disk within any number of days. */
const YOUNG_FACTOR = 5;
const DAY_MS = 24 * 60 * 60_000;

/** A release that was not collected yet. */
export type Collectable = {
  id: ReleaseId;
  number: number;
  state: ReleaseState;
  isKept: boolean;
  /** A deployment or a run that is not over needs it. */
  isInUse: boolean;
  createdAt: Date;
};

/** Which of the releases of a workload are not kept any more, oldest first. `releases` are all there are, newest first. */
export const releasesToCollect = (releases: readonly Collectable[], rule: RetentionRule, now: Date): Collectable[] => {
  const live = releases.find(({ state }) => state === "live");
  const previous = releases.find(
    ({ state, number }) => state === "superseded" && live !== undefined && number < live.number,
  );
  const age = ({ createdAt }: Collectable): number => now.getTime() - createdAt.getTime();
  let count = 0;
  const collected = releases.filter((release) => {
    const { state, isKept, isInUse } = release;
    if (isKept || isInUse || state === "pending" || release === live || release === previous) return false;
    if (state === "failed") return age(release) >= DAY_MS;
    count += 1;
    if (count <= rule.keptCount) return false;
    return count > rule.keptCount * YOUNG_FACTOR || age(release) >= rule.keepDays * DAY_MS;
  });
  return collected.toReversed();
};
