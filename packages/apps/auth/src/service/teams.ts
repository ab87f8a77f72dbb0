import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { newId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { TeamId } from "../ids.ts";
import type { Member } from "../person.ts";
import { countMostGrants } from "../store/grants.ts";
import { findMember } from "../store/members.ts";
import {
  addTeamMember,
  countTeams,
  findTeam,
  insertTeam,
  listTeamMembers,
  listTeams,
  removeTeam,
  removeTeamMember,
  renameTeam,
} from "../store/teams.ts";
import { MAX_TEAMS, type Team, type TeamMember } from "../team.ts";
import { announceAccess } from "./access-changed.ts";
import type { Caller } from "./caller.ts";
import { refuseTooManyGrants } from "./grant-limit.ts";
import { lockMembershipsFor } from "./membership-locks.ts";
import { record } from "./record.ts";
import { refuseNarrowToken } from "./token-scopes.ts";

export const createTeams = (sql: Sql) => ({
  /** By slug, after the slug in `cursor`. */
  async list(scope: Scope, cursor: string, limit: number): Promise<Paged<Team>> {
    return cutPage(await listTeams(sql, scope, cursor, limit + 1), limit, ({ slug }) => slug);
  },

  /** By slug or id. @throws {DomainError} not_found */
  get: (scope: Scope, reference: string): Promise<Team> => getTeam(sql, scope, reference),

  /** @throws {DomainError} conflict, for a slug that is taken and beyond MAX_TEAMS */
  create: (caller: Caller, { slug, name = slug }: { slug: string; name?: string | undefined }): Promise<Team> =>
    sql.begin(async (tx) => {
      const { scope } = caller;
      await lockMembershipsFor(tx, caller);
      if ((await countTeams(tx, scope)) >= MAX_TEAMS) {
        throw new DomainError("conflict", `An organisation has at most ${MAX_TEAMS} teams.`);
      }
      const id = newId<TeamId>();
      await insertTeam(tx, scope, { id, slug, name });
      const team = await getTeam(tx, scope, id);
      await recordTeam(tx, caller, team, "create", { before: null, after: { slug, name } });
      return team;
    }),

  /** @throws {DomainError} not_found, when it is gone by now */
  rename: (caller: Caller, { id }: Team, name: string): Promise<Team> =>
    sql.begin(async (tx) => {
      await lockMembershipsFor(tx, caller);
      const team = await getTeam(tx, caller.scope, id);
      await renameTeam(tx, team, name);
      await recordTeam(tx, caller, team, "update", { before: { name: team.name }, after: { name } });
      return { ...team, name };
    }),

  /** With its roles in projects; 0 when it was gone. */
  remove: (caller: Caller, team: Team): Promise<number> =>
    sql.begin(async (tx) => {
      await lockMembershipsFor(tx, caller);
      const removed = await removeTeam(tx, team);
      if (removed === 0) return 0;
      await announceAccess(tx, team.organisationId, {});
      await recordTeam(tx, caller, team, "remove", { before: { slug: team.slug, name: team.name }, after: null });
      return removed;
    }),

  /** By e-mail address, after the address in `cursor`. */
  async listMembers(team: Team, cursor: string, limit: number): Promise<Paged<TeamMember>> {
    return cutPage(await listTeamMembers(sql, team, cursor, limit + 1), limit, ({ email }) => email);
  },

  /**
   * Puts a member of the organisation into a team; once more changes nothing.
   *
   * @throws {DomainError} forbidden, by a token that is narrowed: the team may have any role; not_found; conflict, when they
   * would have too many roles
   */
  addMember: (caller: Caller, team: Team, reference: string): Promise<Member> =>
    sql.begin(async (tx) => {
      const { member, scope } = caller;
      refuseNarrowToken(member, "put somebody into a team");
      await lockMembershipsFor(tx, caller);
      const [found, current] = [await findMember(tx, scope, reference), await findTeam(tx, scope, team.id)];
      if (found === null) throw new DomainError("not_found", "There is no such member.");
      if (current === null) throw new DomainError("not_found", "There is no such team.");
      if (!(await addTeamMember(tx, current, found.id))) return found;
      refuseTooManyGrants(await countMostGrants(tx, scope.organisationId, { personId: found.id }));
      await announceAccess(tx, scope.organisationId, { personId: found.id });
      await recordTeam(tx, caller, team, "add-member", {
        before: null,
        after: { personId: found.id, name: found.name },
      });
      return found;
    }),

  /** 0 when they were not in it. */
  removeMember: (caller: Caller, team: Team, reference: string): Promise<number> =>
    sql.begin(async (tx) => {
      const { scope } = caller;
      await lockMembershipsFor(tx, caller);
      const found = await findMember(tx, scope, reference);
      const removed = found === null ? 0 : await removeTeamMember(tx, team, found.id);
      if (found === null || removed === 0) return 0;
      await announceAccess(tx, scope.organisationId, { personId: found.id });
      await recordTeam(tx, caller, team, "remove-member", {
        before: { personId: found.id, name: found.name },
        after: null,
      });
      return removed;
    }),
});

export type Teams = ReturnType<typeof createTeams>;

const getTeam = async (sql: Sql | Tx, scope: Scope, reference: string): Promise<Team> => {
  const found = await findTeam(sql, scope, reference);
  if (found === null) throw new DomainError("not_found", "There is no such team.");
  return found;
};

const EVENTS = {
  create: "auth.team.created",
  update: "auth.team.updated",
  remove: "auth.team.removed",
  "add-member": "auth.team.member-added",
  "remove-member": "auth.team.member-removed",
} as const;

type Values = { before: Record<string, unknown> | null; after: Record<string, unknown> | null };

const recordTeam = (tx: Tx, { member }: Caller, team: Team, verb: keyof typeof EVENTS, values: Values) => {
  const personId = (values.before ?? values.after)?.personId;
  return record(tx, {
    action: `team:${verb}`,
    event: EVENTS[verb],
    organisationId: team.organisationId,
    subject: { kind: "team", id: team.id, name: team.slug },
    actor: actorOf(member),
    ...values,
    data: { teamId: team.id, slug: team.slug, ...(personId === undefined ? {} : { personId }) },
  });
};
