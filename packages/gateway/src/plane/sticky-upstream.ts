import { readSticky, setCookie, stickyValue } from "../policies/sticky.ts";
import { chooseUpstream } from "./choose-upstream.ts";
import type { Exchange } from "./exchange.ts";
import type { LiveRoute } from "./live-routes.ts";
import type { Upstream } from "./upstream.ts";

/** The replica that the visitor was with, while it is ready; else another one, which the answer then names. */
export function stickyUpstream(exchange: Exchange, live: LiveRoute, now: number): Upstream | null {
  const wanted = readSticky(exchange.head().header("cookie"));
  const cookieFor = ({ target }: Upstream) => stickyValue(target.instance, live.route.id);
  const known = live.upstreams.find((upstream) => !upstream.isEjected(now) && cookieFor(upstream) === wanted);
  if (known !== undefined) return known;
  const chosen = chooseUpstream(live.upstreams, now, null);
  if (chosen !== null) exchange.relay.addLine("Set-Cookie", setCookie(cookieFor(chosen), exchange.facts.scheme));
  return chosen;
}
