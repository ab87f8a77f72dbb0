import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import type { Environment } from "../project.ts";
import { environmentResource } from "../service/environments.ts";
import { projectOf, serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { serviceToWire } from "./wire.ts";

export const serviceHandlers = ({ services, reads, urls }: UseCases): Handlers<typeof contract.services> => ({
  list: async (context, page) => {
    const maySee = (environment: Environment) => context.may("service:read", environmentResource(environment));
    const { items, nextCursor } = await reads.listServices(memberScope(context), projectOf(context), maySee, page);
    return { items: items.map((overview) => serviceToWire(overview, urls)), nextCursor };
  },
  create: async (context, { slug, source, settings }) => {
    const wanted = { slug, source, settings };
    const service = await services.create(memberScope(context), projectOf(context), wanted, actorOf(memberOf(context)));
    return serviceToWire({ service, latest: null }, urls);
  },
  get: async (context) => serviceToWire(await reads.overviewOf(serviceOf(context)), urls),
  update: async (context, { source, settings }) => {
    const changed = { ...(source === undefined ? {} : { source }), ...(settings === undefined ? {} : { settings }) };
    const updated = await services.update(
      memberScope(context),
      serviceOf(context),
      changed,
      actorOf(memberOf(context)),
    );
    return serviceToWire(await reads.overviewOf(updated), urls);
  },
  remove: async (context) => {
    await services.remove(memberScope(context), serviceOf(context), actorOf(memberOf(context)));
    return { removed: true };
  },
});
