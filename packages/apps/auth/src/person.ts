import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";

/** A person in one organisation. */
export type Membership = {
  personId: PersonId;
  email: string;
  name: string;
  organisationId: OrganisationId;
  organisationSlug: string;
  organisationName: string;
  role: Role;
};

/** A membership as the list of an organisation's members shows it. */
export type Member = {
  id: PersonId;
  organisationId: OrganisationId;
  email: string;
  name: string;
  role: Role;
  joinedAt: Date;
  /** The slugs of their teams. */
  teams: string[];
  /** Roles in projects of their own, those of teams not counted. */
  grantCount: number;
};
