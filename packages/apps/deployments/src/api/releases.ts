import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { serviceOf, serviceResource } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deploymentToWire, releaseToWire } from "./wire.ts";

export const releaseHandlers = ({ deploys, releases, reads, urls }: UseCases): Handlers<typeof contract.releases> => ({
  list: async (context, page) => {
    const { items, nextCursor } = await reads.listReleases(serviceOf(context), page);
    return { items: items.map((release) => releaseToWire(release, urls)), nextCursor };
  },
  rollback: async (context, { to }) => {
    const service = serviceOf(context);
    const deployment = await deploys.rollback(service, to, actorOf(memberOf(context)));
    return deploymentToWire(deployment, service, urls);
  },
  promote: async (context, { from, release }) => {
    const service = serviceOf(context);
    const origin = await reads.findIn(memberScope(context), service, from);
    // Who may not see an environment brings nothing from there, and learns nothing of it.
    if (origin === null || !context.may("release:read", serviceResource(origin)))
      throw new DomainError("not_found", "There is no such environment.");
    const deployment = await deploys.promote(service, origin, release, actorOf(memberOf(context)));
    return deploymentToWire(deployment, service, urls);
  },
  keep: async (context, { release, kept }) =>
    releaseToWire(await releases.keep(serviceOf(context), release, kept), urls),
});
