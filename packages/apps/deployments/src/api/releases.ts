import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deploymentToWire, releaseToWire } from "./wire.ts";

export const releaseHandlers = ({ deploys, reads, urls }: UseCases): Handlers<typeof contract.releases> => ({
  list: async (context, page) => {
    const { items, nextCursor } = await reads.listReleases(serviceOf(context), page);
    return { items: items.map(releaseToWire), nextCursor };
  },
  rollback: async (context, { to }) => {
    const service = serviceOf(context);
    const deployment = await deploys.rollback(service, to, actorOf(memberOf(context)));
    return deploymentToWire(deployment, service, urls);
  },
});
