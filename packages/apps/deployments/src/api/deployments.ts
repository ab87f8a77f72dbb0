import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { deploymentOf, serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deploymentToWire } from "./wire.ts";

export const deploymentHandlers = ({ deploys, reads, urls }: UseCases): Handlers<typeof contract.deployments> => ({
  create: async (context, { what, uploadId, ref, commit }) => {
    const service = serviceOf(context);
    const deployment = await deploys.start(service, { what, uploadId, ref, commit }, actorOf(memberOf(context)));
    return deploymentToWire(deployment, service, urls);
  },
  list: async (context, page) => {
    const service = serviceOf(context);
    const { items, nextCursor } = await reads.listDeployments(service, page);
    return { items: items.map((deployment) => deploymentToWire(deployment, service, urls)), nextCursor };
  },
  get: async (context) => deploymentToWire(deploymentOf(context), serviceOf(context), urls),
  redeploy: async (context) => {
    const service = serviceOf(context);
    const deployment = await deploys.redeploy(service, deploymentOf(context), actorOf(memberOf(context)));
    return deploymentToWire(deployment, service, urls);
  },
  cancel: async (context) => {
    const service = serviceOf(context);
    const deployment = await deploys.cancel(service, deploymentOf(context), actorOf(memberOf(context)));
    return deploymentToWire(deployment, service, urls);
  },
});
