import type { Id, OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Grant, InstanceRole, Role } from "@homeport/kit/principal.ts";

export type SessionId = Id<"session">;

export type Session = {
  id: SessionId;
  personId: PersonId;
  organisationId: OrganisationId;
  userAgent: string;
  address: string;
  /** How its person signed in: `password`, `link`, … */
  method: string;
  /** When its person last proved who they are. */
  verifiedAt: Date;
  createdAt: Date;
  lastSeenAt: Date;
};

/** A session with who it belongs to and what they may do. */
export type SignedInSession = Session & {
  email: string;
  name: string;
  instanceRole: InstanceRole | null;
  organisationSlug: string;
  role: Role;
  grants: Grant[];
};

/** A person has no more; the oldest go. */
export const MAX_SESSIONS = 100;

/** A session ends when it was not used for `idleMs`, or at the age of `absoluteMs`, whichever comes first. */
export type SessionLifetime = { idleMs: number; absoluteMs: number };

const DAY_MS = 24 * 3_600_000;
/** As the settings have it at first. */
export const IDLE_MS = 7 * DAY_MS;
export const ABSOLUTE_MS = 30 * DAY_MS;
/** The longest that the settings allow. */
export const MAX_ABSOLUTE_MS = 365 * DAY_MS;

export const lifetimeOf = (idleDays: number, absoluteDays: number): SessionLifetime => ({
  idleMs: idleDays * DAY_MS,
  absoluteMs: absoluteDays * DAY_MS,
});

/** `last_seen_at` and `last_used_at` are written at most this often, so that reading does not mean writing. */
export const SEEN_EVERY_MS = 60_000;

export const isExpired = (
  session: { createdAt: Date; lastSeenAt: Date },
  { idleMs, absoluteMs }: SessionLifetime,
  now: Date,
): boolean =>
  now.getTime() - session.lastSeenAt.getTime() > idleMs || now.getTime() - session.createdAt.getTime() > absoluteMs;
