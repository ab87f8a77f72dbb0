import type { Credential } from "@homeport/kit/http/authenticate.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import type { TokenOwner } from "../api-token.ts";
import type { SignedInSession } from "../session.ts";
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
    return session === null ? null : toPrincipal(session);
  }
  const owner = await tokens.resolve(value);
  return owner === null ? null : toTokenPrincipal(owner);
};

const toPrincipal = (session: SignedInSession): MemberPrincipal => ({
  kind: "person",
  sessionId: session.id,
  verifiedAt: session.verifiedAt.getTime(),
  personId: session.personId,
  email: session.email,
  name: session.name,
  instanceRole: session.instanceRole,
  organisationId: session.organisationId,
  organisationSlug: session.organisationSlug,
  role: session.role,
  grants: session.grants,
});

const toTokenPrincipal = (owner: TokenOwner): MemberPrincipal => {
  const { id, organisationId, organisationSlug, role, grants, scopes, ownerName, email, instanceRole } = owner;
  const common = { tokenId: id, scopes, name: ownerName, organisationId, organisationSlug, role, grants };
  if (owner.personId === null) return { kind: "service", serviceAccountId: owner.serviceAccountId, ...common };
  return { kind: "token", personId: owner.personId, email: email ?? "", instanceRole, ...common };
};
