import type { Upstream } from "./upstream.ts";

/** A replica that has just become ready gets its full share only after this long: caches are cold, code is not compiled. */
export const SLOW_START_MS = 10_000;
const SLOW_START_SHARE = 0.1;

/** Counts up, so that equal ones take turns. */
let turn = 0;

/**
 * The target for the next request. Ready ones alike: the one with the fewest requests. With different shares (weights, a
 * replica that is new among old ones): by smooth weighted round robin, as nginx does it, so that a split of 90 to 10 is one
 * also at low load. Those that failed lately, and those in `avoid`, only when there is no other.
 */
export function chooseUpstream(
  upstreams: readonly Upstream[],
  now: number,
  avoid: readonly Upstream[] | null,
): Upstream | null {
  if (upstreams.length <= 1) return upstreams[0] ?? null;
  turn = (turn + 1) % 1_000_003;
  return hasEqualShares(upstreams, now) ? leastBusy(upstreams, now, avoid) : byShare(upstreams, now, avoid);
}

function hasEqualShares(upstreams: readonly Upstream[], now: number): boolean {
  const [first] = upstreams;
  for (const upstream of upstreams) {
    if (upstream.weight !== first?.weight) return false;
    if (upstream.since !== first.since && now - Math.max(upstream.since, first.since) < SLOW_START_MS) return false;
  }
  return true;
}

function leastBusy(upstreams: readonly Upstream[], now: number, avoid: readonly Upstream[] | null): Upstream | null {
  let lowest = Number.POSITIVE_INFINITY;
  let equals = 0;
  for (const upstream of upstreams) {
    const cost = upstream.outstanding + penalty(upstream, now, avoid);
    if (cost < lowest) [lowest, equals] = [cost, 1];
    else if (cost === lowest) equals++;
  }
  let place = turn % equals;
  for (const upstream of upstreams) {
    if (upstream.outstanding + penalty(upstream, now, avoid) === lowest && place-- === 0) return upstream;
  }
  return null;
}

function byShare(upstreams: readonly Upstream[], now: number, avoid: readonly Upstream[] | null): Upstream | null {
  const fewestFaults = Math.min(...upstreams.map((upstream) => penalty(upstream, now, avoid)));
  const hasWeights = upstreams.some((upstream) => upstream.weight > 0);
  let best: Upstream | null = null;
  let total = 0;
  for (const upstream of upstreams) {
    if (penalty(upstream, now, avoid) > fewestFaults) continue;
    const share = (hasWeights ? upstream.weight : 1) * slowStart(upstream, now);
    if (share === 0) continue;
    total += share;
    upstream.credit += share;
    if (best === null || upstream.credit > best.credit) best = upstream;
  }
  if (best !== null) best.credit -= total;
  return best ?? leastBusy(upstreams, now, avoid); // those with a share are all away
}

function slowStart(upstream: Upstream, now: number): number {
  return Math.min(1, Math.max(SLOW_START_SHARE, (now - upstream.since) / SLOW_START_MS));
}

/** More than any number of requests, so that it is looked at first. */
function penalty(upstream: Upstream, now: number, avoid: readonly Upstream[] | null): number {
  return (upstream.isEjected(now) ? 1e9 : 0) + (avoid?.includes(upstream) === true ? 2e9 : 0);
}
