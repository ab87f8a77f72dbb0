import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ResourceLoaders, Scope } from "@homeport/kit/http/context.ts";
import { isId, type PersonId } from "@homeport/kit/ids.ts";
import { isMember, type Principal } from "@homeport/kit/principal.ts";
import { isHeldApiToken } from "../store/api-tokens.ts";
import { isOwnSession } from "../store/sessions.ts";
import { organisationLoaders } from "./organisation-loaders.ts";

/** Sessions and tokens belong to a person: somebody else's look as if they were not there. */
export const loaders = (sql: Sql): ResourceLoaders => ({
  session: (scope, { session }, principal) =>
    own("session", scope, session, principal, (personId, id) => isOwnSession(sql, personId, id)),
  token: (scope, { token }, principal) =>
    own("token", scope, token, principal, (personId, id, { organisationId }) =>
      isHeldApiToken(sql, { organisationId, personId, serviceAccountId: null }, id),
    ),
  ...organisationLoaders(sql),
});

const own = async (
  kind: string,
  scope: Parameters<ResourceLoaders[string]>[0],
  id: unknown,
  principal: Principal,
  exists: (personId: PersonId, id: string, scope: Scope) => Promise<boolean>,
) => {
  if (scope === null || !isMember(principal) || principal.kind === "service" || typeof id !== "string" || !isId(id))
    return null;
  return (await exists(principal.personId as PersonId, id, scope))
    ? { kind, organisationId: scope.organisationId }
    : null;
};
