import type { Credential } from "@homeport/kit/http/authenticate.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import type { ApiTokens } from "./api-tokens.ts";
import type { Sessions } from "./sessions.ts";

/** Says who a cookie or an API token belongs to; null when it does not hold (any more). */
export const resolveCredential = async (
  sessions: Sessions,
  tokens: ApiTokens,
  { kind, value }: Credential,
): Promise<MemberPrincipal | null> => {
  if (kind === "session") {
    const session = await sessions.resolve(value);
    if (session === null) return null;
    const { id, personId, email, name, organisationId, organisationSlug, role } = session;
    return { kind: "person", sessionId: id, personId, email, name, organisationId, organisationSlug, role };
  }
  const owner = await tokens.resolve(value);
  if (owner === null) return null;
  const { id, personId, email, personName: name, organisationId, organisationSlug, role, scopes } = owner;
  return { kind: "token", tokenId: id, personId, email, name, organisationId, organisationSlug, role, scopes };
};
