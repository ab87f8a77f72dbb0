import type { Id, OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";

export type SessionId = Id<"session">;

export type Session = {
  id: SessionId;
  personId: PersonId;
  organisationId: OrganisationId;
  userAgent: string;
  address: string;
  createdAt: Date;
  lastSeenAt: Date;
};

/** A session with who it belongs to. */
export type SignedInSession = Session & { email: string; name: string; organisationSlug: string; role: Role };

/** A person has no more; the oldest go. */
export const MAX_SESSIONS = 100;

/** A session ends when it was not used for this long, or at this age, whichever comes first. */
export const IDLE_MS = 7 * 24 * 3600 * 1000;
export const ABSOLUTE_MS = 30 * 24 * 3600 * 1000;

/** `last_seen_at` and `last_used_at` are written at most this often, so that reading does not mean writing. */
export const SEEN_EVERY_MS = 60_000;

export const isExpired = (session: { createdAt: Date; lastSeenAt: Date }, now: Date): boolean =>
  now.getTime() - session.lastSeenAt.getTime() > IDLE_MS || now.getTime() - session.createdAt.getTime() > ABSOLUTE_MS;
