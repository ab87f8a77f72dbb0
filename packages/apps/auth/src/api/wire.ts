import type { ApiToken } from "../api-token.ts";
import type { Member, Membership } from "../person.ts";
import type { Session } from "../session.ts";

export const signedInToWire = (member: Membership) => ({
  person: { id: member.personId, email: member.email, name: member.name },
  organisation: { id: member.organisationId, slug: member.organisationSlug, name: member.organisationName },
  role: member.role,
});

export const personToWire = ({ id, email, name }: { id: string; email: string; name: string }) => ({ id, email, name });

export const memberToWire = ({ role, joinedAt, teams, grantCount, ...person }: Member) => ({
  ...personToWire(person),
  role,
  joinedAt: joinedAt.toISOString(),
  teams,
  grantCount,
});

export const sessionToWire = (session: Session, currentId: string | null) => ({
  id: session.id,
  current: session.id === currentId,
  userAgent: session.userAgent,
  address: session.address,
  method: session.method,
  verifiedAt: session.verifiedAt.toISOString(),
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
