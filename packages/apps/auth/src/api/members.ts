import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberScope, personOf } from "@homeport/kit/http/context.ts";
import type { memberContract } from "../contract/members.ts";
import { callerOf } from "../service/caller.ts";
import { memberIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { memberToWire } from "./wire.ts";

export const memberHandlers = ({ members }: UseCases): Handlers<typeof memberContract> => ({
  list: async (context, { cursor, limit }) => {
    const { items, nextCursor } = await members.list(memberScope(context), cursor ?? "", limit);
    return { items: items.map(memberToWire), nextCursor };
  },
  update: async (context, { role }) =>
    memberToWire(await members.update(callerOf(context), memberIn(context).id, role)),
  remove: async (context) => ({ removed: await members.remove(callerOf(context), memberIn(context)) }),
  leave: async (context) => ({ removed: await members.leave(personOf(context), memberScope(context)) }),
});
