import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { actorOf, type HumanPrincipal, type Role } from "@homeport/kit/principal.ts";
import type { Member } from "../person.ts";
import { mayManage } from "../role.ts";
import { removeInvitesBy } from "../store/invites.ts";
import { findMember, listMembers, removeMember, updateMemberRole } from "../store/members.ts";
import { announceAccess } from "./access-changed.ts";
import type { Caller } from "./caller.ts";
import { keepAnOwner, keepOwnerReachable, lockMemberships, lockMembershipsFor } from "./membership-locks.ts";
import { record } from "./record.ts";
import { refuseNarrowToken } from "./token-scopes.ts";

export const createMembers = (sql: Sql) => ({
  /** By e-mail address, after the address in `cursor`. */
  async list(scope: Scope, cursor: string, limit: number): Promise<Paged<Member>> {
    return cutPage(await listMembers(sql, scope, cursor, limit + 1), limit, ({ email }) => email);
  },

  /** By e-mail address or id. @throws {DomainError} not_found */
  get: (scope: Scope, reference: string): Promise<Member> => getMember(sql, scope, reference),

  /**
   * Gives a member another role.
   *
   * @throws {DomainError} forbidden, for more than the caller is, and by a token that is narrowed; conflict, for the last
   * owner; not_found
   */
  update: (caller: Caller, reference: string, role: Role): Promise<Member> =>
    sql.begin(async (tx) => {
      const { member, scope } = caller;
      await lockMembershipsFor(tx, caller);
      const found = await getMember(tx, scope, reference);
      refuseAbove(member.role, found.role);
      refuseAbove(member.role, role);
      if (role !== "member") refuseNarrowToken(member, "give somebody a role");
      if (found.role === role) return found;
      if (role !== "owner") await keepAnOwner(tx, found);
      await updateMemberRole(tx, found, role);
      await announceAccess(tx, scope.organisationId, { personId: found.id });
      await record(tx, {
        action: "member:update",
        event: "auth.member.updated",
        organisationId: scope.organisationId,
        subject: subjectOf(found),
        actor: actorOf(member),
        before: { role: found.role },
        after: { role },
        data: { personId: found.id, role, before: found.role },
      });
      return { ...found, role };
    }),

  /**
   * Removes somebody; what they had in the organisation ends, the invites that they sent too. 0 when they were gone.
   *
   * @throws {DomainError} forbidden, for who is more than the caller; conflict, for the last owner
   */
  remove: (caller: Caller, { id }: Member): Promise<number> =>
    sql.begin(async (tx) => {
      const { member, scope } = caller;
      await lockMembershipsFor(tx, caller);
      const found = await findMember(tx, scope, id);
      if (found === null) return 0;
      refuseAbove(member.role, found.role);
      return takeOut(tx, found, { action: "member:remove", actor: actorOf(member) });
    }),

  /** 0 when they were gone. @throws {DomainError} conflict, for the last owner */
  leave: (member: HumanPrincipal, scope: Scope): Promise<number> =>
    sql.begin(async (tx) => {
      await lockMemberships(tx, scope.organisationId);
      const found = await findMember(tx, scope, member.personId);
      return found === null ? 0 : takeOut(tx, found, { action: "member:leave", actor: actorOf(member) });
    }),
});

export type Members = ReturnType<typeof createMembers>;

const getMember = async (sql: Sql | Tx, scope: Scope, reference: string): Promise<Member> => {
  const found = await findMember(sql, scope, reference);
  if (found === null) throw new DomainError("not_found", "There is no such member.");
  return found;
};

/** @throws {DomainError} forbidden */
const refuseAbove = (own: Role, role: Role): void => {
  if (!mayManage(own, role)) throw new DomainError("forbidden", `Only an owner makes, changes or removes an ${role}.`);
};

const takeOut = async (
  tx: Tx,
  found: Member,
  by: { action: string; actor: ReturnType<typeof actorOf> },
): Promise<number> => {
  await keepAnOwner(tx, found);
  await removeInvitesBy(tx, found);
  const removed = await removeMember(tx, found);
  await keepOwnerReachable(tx);
  await announceAccess(tx, found.organisationId, { personId: found.id });
  await record(tx, {
    ...by,
    event: "auth.member.removed",
    organisationId: found.organisationId,
    subject: subjectOf(found),
    before: { role: found.role, teams: found.teams },
    after: null,
    data: { personId: found.id, role: found.role, left: by.action === "member:leave" },
  });
  return removed;
};

const subjectOf = ({ id, name }: Member) => ({ kind: "member", id, name });
