import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { ListedGroup } from "../group.ts";
import { callerOf } from "../service/caller.ts";
import { projectOf } from "../service/loaders.ts";
import { groupOfContext } from "../service/scope-resource.ts";
import type { UseCases } from "../service/use-cases.ts";

export const groupHandlers = ({ groups }: UseCases): Handlers<typeof contract.groups> => ({
  list: async (context) => ({ items: (await groups.list(projectOf(context))).map(groupToWire) }),
  create: async (context, { slug }) => groupToWire(await groups.create(projectOf(context), slug, callerOf(context))),
  update: async (context, { slug }) => {
    const { project, group } = groupOfContext(context);
    return groupToWire(await groups.rename(project, group, slug, callerOf(context)));
  },
  remove: async (context) => {
    const { project, group } = groupOfContext(context);
    await groups.remove(project, group, callerOf(context));
    return { removed: true };
  },
});

const groupToWire = ({ id, slug, services, createdAt }: ListedGroup) => ({
  id,
  slug,
  services,
  createdAt: createdAt.toISOString(),
});
