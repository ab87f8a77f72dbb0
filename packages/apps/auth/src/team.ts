import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { TeamId } from "./ids.ts";

export type Team = {
  id: TeamId;
  organisationId: OrganisationId;
  slug: string;
  name: string;
  memberCount: number;
  grantCount: number;
  createdAt: Date;
};

/** Somebody in a team. */
export type TeamMember = { id: PersonId; email: string; name: string };

/** An organisation has no more teams. */
export const MAX_TEAMS = 200;
