import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import type { Member, Membership } from "../person.ts";
import { findMembership, listMembers } from "../store/people.ts";

export const createPeople = (sql: Sql) => ({
  /** Who somebody is today; a credential may be some seconds older. @throws {DomainError} not_found */
  async getMembership({ personId, organisationId }: MemberPrincipal): Promise<Membership> {
    const membership = await findMembership(sql, personId as PersonId, organisationId as OrganisationId);
    if (membership === null) throw new DomainError("not_found", "You are no longer a member of this organisation.");
    return membership;
  },

  /** The members of the caller's organisation by e-mail address, after the address in `cursor`. */
  async listMembers({ organisationId }: MemberPrincipal, cursor: string, limit: number): Promise<Paged<Member>> {
    const found = await listMembers(sql, organisationId as OrganisationId, cursor, limit + 1);
    return cutPage(found, limit, (member) => member.email);
  },
});

export type People = ReturnType<typeof createPeople>;
