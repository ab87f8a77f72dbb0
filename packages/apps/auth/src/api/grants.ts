import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberScope } from "@homeport/kit/http/context.ts";
import type { grantContract } from "../contract/grants.ts";
import type { HeldGrant } from "../grant.ts";
import { callerOf } from "../service/caller.ts";
import { projectIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";

export const grantHandlers = ({ grants }: UseCases): Handlers<typeof grantContract> => ({
  list: async (context, { cursor, limit, ...wanted }) => {
    const { items, nextCursor } = await grants.list(memberScope(context), wanted, { cursor, limit });
    return { items: items.map(toWire), nextCursor };
  },
  listOfProject: async (context, { cursor, limit }) => {
    const page = { cursor, limit };
    const { items, nextCursor } = await grants.listOfProject(memberScope(context), projectIn(context), page);
    return { items: items.map(toWire), nextCursor };
  },
  put: async (context, { who, role, environment }) =>
    toWire(await grants.put(callerOf(context), projectIn(context), { who, role, environment })),
  remove: async (context, { grant }) => ({
    removed: await grants.remove(callerOf(context), projectIn(context), grant),
  }),
});

const toWire = ({ id, role, project, environment, who, createdAt }: HeldGrant) => ({
  id,
  role,
  project: { id: project.id, slug: project.slug },
  environment: environment === null ? null : { id: environment.id, slug: environment.slug },
  who: { kind: who.kind, id: who.id, name: who.name },
  createdAt: createdAt.toISOString(),
});
