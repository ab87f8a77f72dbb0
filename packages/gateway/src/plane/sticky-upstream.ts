import { readSticky, setCookie, stickyValue } from "../policies/sticky.ts";
import { chooseUpstream } from "./choose-upstream.ts";
import type { Exchange } from "./exchange.ts";
import type { LiveRoute } from "./live-routes.ts";
import type { Upstream } from "./upstream.ts";

/** The replica that the visitor was with, while it is ready; else one that is not in `avoid`, which the answer then names. */
export function stickyUpstream(
  exchange: Exchange,
  live: LiveRoute,
  now: number,
  avoid: readonly Upstream[] | null,
): Upstream | null {
  const wanted = readSticky(exchange.head().header("cookie"));
  const cookieFor = ({ target }: Upstream) => stickyValue(target.instance, live.route.id);
  const isOpen = (upstream: Upstream) => !upstream.isEjected(now) && avoid?.includes(upstream) !== true;
  const known = live.upstreams.find((upstream) => isOpen(upstream) && cookieFor(upstream) === wanted);
  const chosen = known ?? chooseUpstream(live.upstreams, now, avoid);
  exchange.relay.replicaCookie =
    chosen === null || chosen === known ? null : setCookie(cookieFor(chosen), exchange.facts.scheme);
  return chosen;
}
