import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import type { InviteId, TeamId } from "./ids.ts";

/** An open invite; accepting, revoking and expiry end it. */
export type Invite = {
  id: InviteId;
  organisationId: OrganisationId;
  email: string;
  role: Role;
  /** The slugs of the teams they will be in, as far as these are still there. */
  teams: string[];
  /** The name of who invites; null when their account is gone. */
  invitedBy: string | null;
  createdAt: Date;
  expiresAt: Date;
};

/** An invite as whoever holds its token sees it. */
export type ShownInvite = {
  id: InviteId;
  organisationId: OrganisationId;
  organisationSlug: string;
  organisationName: string;
  email: string;
  role: Role;
  teamIds: TeamId[];
  /** Of who sent it, as it is now. */
  inviterRole: Role;
  /** The account of the address; null when there is none yet. */
  personId: PersonId | null;
};

export const INVITE_MS = 7 * 24 * 3600 * 1000;

/** An organisation has no more open invites. */
export const MAX_INVITES = 200;
