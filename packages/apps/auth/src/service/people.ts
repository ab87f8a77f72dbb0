import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import type { Membership } from "../person.ts";
import { findMembership } from "../store/people.ts";

export const createPeople = (sql: Sql) => ({
  /** Who somebody is today; a credential may be some seconds older. @throws {DomainError} not_found */
  async getMembership({ personId, organisationId }: HumanPrincipal): Promise<Membership> {
    const membership = await findMembership(sql, personId as PersonId, organisationId as OrganisationId);
    if (membership === null) throw new DomainError("not_found", "You are no longer a member of this organisation.");
    return membership;
  },
});

export type People = ReturnType<typeof createPeople>;
