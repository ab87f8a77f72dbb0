import type { Db } from "@homeport/kit/db/connect.ts";
import { MAX_GRANTS } from "@homeport/kit/principal.ts";

type Fragment = ReturnType<Db>;

/** The roles that a person has in projects, their own and those of their teams, as principals carry them. */
export const grantsOfPerson = (sql: Db, organisationId: Fragment, personId: Fragment): Fragment => sql`(
  select coalesce(jsonb_agg(${grantJson(sql)}), '[]'::jsonb)
  from (
    select distinct g.role, g.project_id, g.environment_id
    from auth.grants g
    where g.organisation_id = ${organisationId}
      and (g.person_id = ${personId} or g.team_id in (
        select tm.team_id from auth.team_members tm
        where tm.organisation_id = ${organisationId} and tm.person_id = ${personId}))
    limit ${MAX_GRANTS}
  ) g)`;

export const grantsOfServiceAccount = (sql: Db, organisationId: Fragment, serviceAccountId: Fragment): Fragment => sql`(
  select coalesce(jsonb_agg(${grantJson(sql)}), '[]'::jsonb)
  from (
    select g.role, g.project_id, g.environment_id
    from auth.grants g
    where g.organisation_id = ${organisationId} and g.service_account_id = ${serviceAccountId}
    limit ${MAX_GRANTS}
  ) g)`;

const grantJson = (sql: Db): Fragment =>
  sql`jsonb_build_object('role', g.role, 'projectId', g.project_id, 'environmentId', g.environment_id)`;
