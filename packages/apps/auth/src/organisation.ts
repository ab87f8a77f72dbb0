import { READERS } from "@homeport/kit/authorize.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { MemberPrincipal, Role } from "@homeport/kit/principal.ts";

export type Organisation = { id: OrganisationId; slug: string; name: string };

/** One of the organisations that somebody belongs to. */
export type OwnOrganisation = Organisation & { role: Role };

/** An organisation with what the page about it counts. */
export type OrganisationOverview = Organisation & { memberCount: number; projectCount: number };

/** How many of its projects somebody may know of: who only belongs to it sees those that they were given a role in. */
export const visibleProjectCount = (
  { role, grants }: Pick<MemberPrincipal, "role" | "grants">,
  { projectCount }: OrganisationOverview,
): number => (READERS.includes(role) ? projectCount : new Set(grants.map(({ projectId }) => projectId)).size);

/** A person belongs to no more organisations: whoever may make some cannot fill the platform with them. */
export const MAX_ORGANISATIONS = 100;

/** An organisation has no more members: the changes of who may do what wait for each other in it. */
export const MAX_MEMBERS = 1_000;
