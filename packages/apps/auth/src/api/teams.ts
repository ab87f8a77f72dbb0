import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberScope } from "@homeport/kit/http/context.ts";
import type { teamContract } from "../contract/teams.ts";
import { callerOf } from "../service/caller.ts";
import { teamIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import type { Team } from "../team.ts";
import { personToWire } from "./wire.ts";

export const teamHandlers = ({ teams }: UseCases): Handlers<typeof teamContract> => ({
  list: async (context, { cursor, limit }) => {
    const { items, nextCursor } = await teams.list(memberScope(context), cursor ?? "", limit);
    return { items: items.map(toWire), nextCursor };
  },
  create: async (context, input) => toWire(await teams.create(callerOf(context), input)),
  get: async (context) => toWire(teamIn(context)),
  update: async (context, { name }) => toWire(await teams.rename(callerOf(context), teamIn(context), name)),
  remove: async (context) => ({ removed: await teams.remove(callerOf(context), teamIn(context)) }),
  listMembers: async (context, { cursor, limit }) => {
    const { items, nextCursor } = await teams.listMembers(teamIn(context), cursor ?? "", limit);
    return { items: items.map(personToWire), nextCursor };
  },
  addMember: async (context, { person }) =>
    personToWire(await teams.addMember(callerOf(context), teamIn(context), person)),
  removeMember: async (context, { person }) => ({
    removed: await teams.removeMember(callerOf(context), teamIn(context), person),
  }),
});

const toWire = ({ id, slug, name, memberCount, grantCount, createdAt }: Team) => ({
  id,
  slug,
  name,
  memberCount,
  grantCount,
  createdAt: createdAt.toISOString(),
});
