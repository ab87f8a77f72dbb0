import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberScope } from "@homeport/kit/http/context.ts";
import type { contract } from "../contract.ts";
import type { Environment } from "../environment.ts";
import { callerOf } from "../service/caller.ts";
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
  create: async (context, { slug, source, settings, group }) => {
    const wanted = { slug, source, settings, group: group ?? null };
    const service = await services.create(memberScope(context), projectOf(context), wanted, callerOf(context));
    return serviceToWire({ service, latest: null }, urls);
  },
  get: async (context) => serviceToWire(await reads.overviewOf(serviceOf(context)), urls),
  update: async (context, { slug, source, settings, overrides, group }) => {
    const changed = { slug, source, settings, overrides, group };
    const updated = await services.update(memberScope(context), serviceOf(context), changed, callerOf(context));
    return serviceToWire(await reads.overviewOf(updated), urls);
  },
  remove: async (context, { force }) => {
    await services.remove(serviceOf(context), callerOf(context), force);
    return { removed: true };
  },
});
