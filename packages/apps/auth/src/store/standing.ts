import type { Db } from "@homeport/kit/db/connect.ts";
import type { Grant, MemberPrincipal, Role } from "@homeport/kit/principal.ts";
import { grantsOfPerson, grantsOfServiceAccount } from "./principal-grants.ts";

/** What somebody may do in their organisation by now; null when they are no longer in it. */
export const findStanding = async (
  sql: Db,
  member: MemberPrincipal,
): Promise<{ role: Role; grants: Grant[] } | null> => {
  const [row] =
    member.kind === "service"
      ? await sql<{ role: Role; grants: Grant[] }[]>`
          select a.role, ${grantsOfServiceAccount(sql, sql`a.organisation_id`, sql`a.id`)} as grants
          from auth.service_accounts a
          where a.organisation_id = ${member.organisationId} and a.id = ${member.serviceAccountId}`
      : await sql<{ role: Role; grants: Grant[] }[]>`
          select m.role, ${grantsOfPerson(sql, sql`m.organisation_id`, sql`m.person_id`)} as grants
          from auth.memberships m
          join auth.people p on p.id = m.person_id and p.suspended_at is null
          where m.organisation_id = ${member.organisationId} and m.person_id = ${member.personId}`;
  return row ?? null;
};
