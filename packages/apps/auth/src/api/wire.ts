import type { ApiToken } from "../api-token.ts";
import type { Member, Membership } from "../person.ts";
import type { Session } from "../session.ts";

export const signedInToWire = (member: Membership) => ({
  person: { id: member.personId, email: member.email, name: member.name },
  organisation: { id: member.organisationId, slug: member.organisationSlug, name: member.organisationName },
  role: member.role,
});

export const memberToWire = ({ id, email, name, role, joinedAt }: Member) => ({
  id,
  email,
  name,
  role,
  joinedAt: joinedAt.toISOString(),
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
