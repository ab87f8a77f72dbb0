import type { ApiToken } from "../store/api-tokens.ts";
import type { Membership } from "../store/people.ts";
import type { Session } from "../store/sessions.ts";

export const signedInToWire = (member: Membership) => ({
  person: { id: member.personId, email: member.email, name: member.name },
  organisation: { id: member.organisationId, slug: member.organisationSlug, name: member.organisationName },
  role: member.role,
});

export const sessionToWire = (session: Session, currentId: string | null) => ({
  id: session.id,
  current: session.id === currentId,
  userAgent: session.userAgent,
  address: session.address,
  createdAt: session.createdAt.toISOString(),
  lastSeenAt: session.lastSeenAt.toISOString(),
});

export const apiTokenToWire = (token: ApiToken) => ({
  id: token.id,
  name: token.name,
  hint: token.hint,
  scopes: token.scopes,
  createdAt: token.createdAt.toISOString(),
  expiresAt: token.expiresAt?.toISOString() ?? null,
  lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
});
