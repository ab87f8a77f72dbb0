import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { newId, type PersonId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { actorOf, type HumanPrincipal, type MemberPrincipal, ROLES, type Role } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { InviteId, TeamId } from "../ids.ts";
import { INVITE_MS, type Invite, MAX_INVITES } from "../invite.ts";
import { mayManage } from "../role.ts";
import {
  countInvites,
  findInvite,
  insertInvite,
  listInvites,
  removeExpiredInviteFor,
  removeInvite,
  removeInvitesExpiredBefore,
  renewInvite,
} from "../store/invites.ts";
import { findMember } from "../store/members.ts";
import { findOrganisation } from "../store/organisations.ts";
import { findTeam } from "../store/teams.ts";
import { hashToken, newOpaqueToken } from "../token.ts";
import { inviteMail } from "./invite-mail.ts";
import type { Mails } from "./mails.ts";
import { lockMembershipsFor } from "./membership-locks.ts";
import { record } from "./record.ts";
import { refuseNarrowToken } from "./token-scopes.ts";

export type NewInvite = { email: string; role: Role; teams: string[] };

/** `link` is known to nobody but who gets this: the token in it is stored as a hash. */
export type SentInvite = { invite: Invite; link: string; mailed: boolean };

/** Who invites: a person, so that an invite is somebody's word. */
export type Inviter = { member: HumanPrincipal; scope: Scope };

/** Those whom somebody may invite, and whose invites they see. */
const rolesBelow = ({ role }: MemberPrincipal): Role[] => ROLES.filter((each) => mayManage(role, each));

export const createInvites = (sql: Sql, appUrl: URL, mails: Pick<Mails, "isSetUp" | "enqueue">) => {
  /** Mails the link where that can be done; the answer has it in any case. */
  const send = async (tx: Tx, { member, scope }: Inviter, invite: Invite, token: Secret): Promise<SentInvite> => {
    const link = new URL(`/invite?token=${token.reveal()}`, appUrl).href;
    if (!mails.isSetUp()) return { invite, link, mailed: false };
    const organisation = await findOrganisation(tx, scope);
    await mails.enqueue(tx, inviteMail(invite, { organisation: organisation?.name ?? "", inviter: member.name, link }));
    return { invite, link, mailed: true };
  };

  return {
    /** Open ones by e-mail address, after the address in `cursor`; not those for more than the caller is. */
    async list(
      { member, scope }: { member: MemberPrincipal; scope: Scope },
      cursor: string,
      limit: number,
    ): Promise<Paged<Invite>> {
      const found = await listInvites(sql, scope, rolesBelow(member), cursor, limit + 1);
      return cutPage(found, limit, ({ email }) => email);
    },

    /** One that the caller may see. */
    async find({ member, scope }: { member: MemberPrincipal; scope: Scope }, id: string): Promise<Invite | null> {
      const found = await findInvite(sql, scope, id);
      return found !== null && mayManage(member.role, found.role) ? found : null;
    },

    /**
     * @throws {DomainError} forbidden, for more than the caller is, and by a token that is narrowed; invalid, for a team that
     * is not there; conflict, for a member, an invite that is open, and beyond MAX_INVITES
     */
    create: (inviter: Inviter, { email, role, teams }: NewInvite): Promise<SentInvite> =>
      sql.begin(async (tx) => {
        const { member, scope } = inviter;
        refuseInviter(member, role);
        await lockMembershipsFor(tx, inviter);
        if ((await findMember(tx, scope, email)) !== null) {
          throw new DomainError("conflict", "Who has this address is a member already.");
        }
        await removeExpiredInviteFor(tx, scope, email, new Date());
        if ((await countInvites(tx, scope)) >= MAX_INVITES) {
          throw new DomainError("conflict", `An organisation has at most ${MAX_INVITES} open invites. Revoke some.`);
        }
        const id = newId<InviteId>();
        const teamIds = await teamsOf(tx, scope, teams);
        const { token, ...fresh } = freshToken(member);
        await insertInvite(tx, scope, { id, email, role, teamIds, ...fresh });
        const invite = await getInvite(tx, scope, id);
        await recordInvite(tx, member, invite, "create", null, valuesOf(invite));
        return send(tx, inviter, invite, token);
      }),

    /** Makes a new link that works for the whole time; the one before ends. @throws {DomainError} forbidden; not_found */
    resend: (inviter: Inviter, { id }: Invite): Promise<SentInvite> =>
      sql.begin(async (tx) => {
        const { member, scope } = inviter;
        const before = await getInvite(tx, scope, id);
        refuseInviter(member, before.role);
        const { token, ...fresh } = freshToken(member);
        if ((await renewInvite(tx, before, fresh)) === 0) throw missing();
        const after = await getInvite(tx, scope, id);
        await recordInvite(tx, member, after, "resend", valuesOf(before), valuesOf(after));
        return send(tx, inviter, after, token);
      }),

    /** 0 when it was accepted or revoked by then. */
    revoke: (member: HumanPrincipal, invite: Invite): Promise<number> =>
      sql.begin(async (tx) => {
        const removed = await removeInvite(tx, invite);
        if (removed > 0) await recordInvite(tx, member, invite, "revoke", valuesOf(invite), null);
        return removed;
      }),

    tidy: (now = new Date()): Promise<void> => removeInvitesExpiredBefore(sql, now),
  };
};

export type Invites = ReturnType<typeof createInvites>;

const missing = () => new DomainError("not_found", "There is no such invite.");

const getInvite = async (tx: Tx, scope: Scope, id: InviteId): Promise<Invite> => {
  const found = await findInvite(tx, scope, id);
  if (found === null) throw missing();
  return found;
};

/** @throws {DomainError} forbidden */
const refuseInviter = (member: HumanPrincipal, role: Role): void => {
  refuseNarrowToken(member, "invite somebody");
  if (!mayManage(member.role, role)) throw new DomainError("forbidden", `Your role cannot invite an ${role}.`);
};

const freshToken = ({ personId }: HumanPrincipal) => {
  const token = newOpaqueToken();
  const expiresAt = new Date(Date.now() + INVITE_MS);
  return { token, tokenHash: hashToken(token), invitedBy: personId as PersonId, expiresAt };
};

/** @throws {DomainError} invalid */
const teamsOf = async (tx: Tx, scope: Scope, references: readonly string[]): Promise<TeamId[]> => {
  const ids: TeamId[] = [];
  for (const [index, reference] of references.entries()) {
    const found = await findTeam(tx, scope, reference); // at most 20, each by its own key
    if (found === null) {
      const message = `the organisation has no team "${reference}"`;
      throw new DomainError("invalid", `teams: ${message}.`, { issues: [{ path: `teams.${index}`, message }] });
    }
    ids.push(found.id);
  }
  return [...new Set(ids)];
};

const valuesOf = ({ email, role, teams, expiresAt }: Invite) => ({ email, role, teams, expiresAt });

const EVENTS = { create: "auth.invite.created", resend: "auth.invite.resent", revoke: "auth.invite.revoked" } as const;

type Values = ReturnType<typeof valuesOf> | null;

const recordInvite = (
  tx: Tx,
  member: HumanPrincipal,
  { id, organisationId, email, role }: Invite,
  verb: keyof typeof EVENTS,
  before: Values,
  after: Values,
): Promise<void> =>
  record(tx, {
    action: `invite:${verb}`,
    event: EVENTS[verb],
    organisationId,
    subject: { kind: "invite", id, name: email },
    actor: actorOf(member),
    before,
    after,
    data: { inviteId: id, role },
  });
