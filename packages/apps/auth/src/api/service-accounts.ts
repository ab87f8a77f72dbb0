import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import type { serviceAccountContract } from "../contract/service-accounts.ts";
import { callerOf } from "../service/caller.ts";
import { serviceAccountIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import type { ServiceAccount } from "../service-account.ts";
import { apiTokenToWire } from "./wire.ts";

export const serviceAccountHandlers = ({
  serviceAccounts,
  tokens,
}: UseCases): Handlers<typeof serviceAccountContract> => ({
  list: async (context, { cursor, limit }) => {
    const { items, nextCursor } = await serviceAccounts.list(memberScope(context), cursor ?? "", limit);
    return { items: items.map(toWire), nextCursor };
  },
  create: async (context, input) => toWire(await serviceAccounts.create(callerOf(context), input)),
  get: async (context) => toWire(serviceAccountIn(context)),
  update: async (context, { description, role }) =>
    toWire(await serviceAccounts.update(callerOf(context), serviceAccountIn(context), { description, role })),
  remove: async (context) => ({ removed: await serviceAccounts.remove(callerOf(context), serviceAccountIn(context)) }),
  tokens: {
    list: async (context) => ({ items: (await tokens.listOf(serviceAccountIn(context))).map(apiTokenToWire) }),
    create: async (context, { name, scopes, expiresInDays }) => {
      const wanted = { name, scopes, expiresInDays };
      const { token, record } = await tokens.createFor(memberOf(context), serviceAccountIn(context), wanted);
      return { ...apiTokenToWire(record), token: token.reveal() };
    },
    revoke: async (context, { token }) => ({
      removed: await tokens.revokeOf(memberOf(context), serviceAccountIn(context), token),
    }),
  },
});

const toWire = ({ id, slug, description, role, tokenCount, grantCount, createdAt }: ServiceAccount) => ({
  id,
  slug,
  description,
  role,
  tokenCount,
  grantCount,
  createdAt: createdAt.toISOString(),
});
