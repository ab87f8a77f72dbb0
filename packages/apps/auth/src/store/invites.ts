import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import type { InviteId, TeamId } from "../ids.ts";
import type { Invite, ShownInvite } from "../invite.ts";

const columns = (sql: Db) => sql`
  i.id, i.organisation_id as "organisationId", i.email, i.role, i.created_at as "createdAt",
  i.expires_at as "expiresAt", p.name as "invitedBy",
  array(
    select t.slug from auth.teams t
    where t.organisation_id = i.organisation_id and t.id = any(i.team_ids)
    order by t.slug
  ) as "teams"`;

/** Open invites for one of these roles by e-mail address, after the address in `after`; expired ones too. */
export const listInvites = (
  sql: Db,
  scope: Scope,
  roles: readonly Role[],
  after: string,
  limit: number,
): Promise<Invite[]> => sql<Invite[]>`
  select ${columns(sql)}
  from auth.invites i
  left join auth.people p on p.id = i.invited_by
  where i.organisation_id = ${scope.organisationId} and i.role = any(${roles as Role[]}) and i.email > ${after}
  order by i.email
  limit ${limit}`;

export const findInvite = async (sql: Db, scope: Scope, id: string): Promise<Invite | null> => {
  const [row] = await sql<Invite[]>`
    select ${columns(sql)}
    from auth.invites i
    left join auth.people p on p.id = i.invited_by
    where i.organisation_id = ${scope.organisationId} and i.id = ${id}`;
  return row ?? null;
};

export const countInvites = async (sql: Db, scope: Scope): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from auth.invites where organisation_id = ${scope.organisationId}`;
  return row?.count ?? 0;
};

export const insertInvite = async (
  sql: Db,
  scope: Scope,
  invite: {
    id: InviteId;
    email: string;
    role: Role;
    teamIds: TeamId[];
    tokenHash: Uint8Array;
    invitedBy: PersonId;
    expiresAt: Date;
  },
): Promise<void> => {
  await sql`
    insert into auth.invites (id, organisation_id, email, role, team_ids, token_hash, invited_by, expires_at)
    values (${invite.id}, ${scope.organisationId}, ${invite.email}, ${invite.role}, ${invite.teamIds}::uuid[],
      ${invite.tokenHash}, ${invite.invitedBy}, ${invite.expiresAt})`.catch(
    dbError({
      invites_email_key: "There is an invite for this address already: make a new link for it, or revoke it.",
    }),
  );
};

/** Gives an invite another token, time and inviter; 0 when it is gone. */
export const renewInvite = async (
  sql: Db,
  { organisationId, id }: Invite,
  to: { tokenHash: Uint8Array; invitedBy: PersonId; expiresAt: Date },
): Promise<number> => {
  const renewed = await sql`
    update auth.invites
    set token_hash = ${to.tokenHash}, invited_by = ${to.invitedBy}, expires_at = ${to.expiresAt}
    where organisation_id = ${organisationId} and id = ${id}
    returning id`;
  return renewed.length;
};

export const removeInvite = async (sql: Db, { organisationId, id }: Invite): Promise<number> => {
  const removed = await sql`
    delete from auth.invites where organisation_id = ${organisationId} and id = ${id} returning id`;
  return removed.length;
};

/** Those that somebody sent who does not belong to the organisation any more. */
export const removeInvitesBy = async (
  sql: Db,
  { organisationId, id }: { organisationId: OrganisationId; id: PersonId },
): Promise<void> => {
  await sql`delete from auth.invites where organisation_id = ${organisationId} and invited_by = ${id}`;
};

/** One that can be accepted: in time, by somebody who is still a member and may sign in. */
export const findShownInvite = async (sql: Db, tokenHash: Uint8Array, now: Date): Promise<ShownInvite | null> => {
  const [row] = await sql<ShownInvite[]>`
    select i.id, i.organisation_id as "organisationId", o.slug as "organisationSlug", o.name as "organisationName",
      i.email, i.role, i.team_ids as "teamIds", m.role as "inviterRole", account.id as "personId"
    from auth.invites i
    join auth.organisations o on o.id = i.organisation_id
    join auth.memberships m on m.organisation_id = i.organisation_id and m.person_id = i.invited_by
    join auth.people inviter on inviter.id = i.invited_by and inviter.suspended_at is null
    left join auth.people account on account.email = i.email
    where i.token_hash = ${tokenHash} and i.expires_at > ${now}`;
  return row ?? null;
};

/** Uses an invite up. Of many at once exactly one gets true. */
export const claimInvite = async (sql: Db, { organisationId, id }: ShownInvite, tokenHash: Uint8Array) => {
  const claimed = await sql`
    delete from auth.invites
    where organisation_id = ${organisationId} and id = ${id} and token_hash = ${tokenHash}
    returning id`;
  return claimed.length === 1;
};

export const removeExpiredInviteFor = async (sql: Db, scope: Scope, email: string, now: Date): Promise<void> => {
  await sql`
    delete from auth.invites
    where organisation_id = ${scope.organisationId} and email = ${email} and expires_at <= ${now}`;
};

export const removeInvitesExpiredBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from auth.invites where expires_at < ${before}`;
};
